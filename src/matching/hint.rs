//! What the name of a value says about whether it may vary.

/// Where a value stands, as far as that says whether it varies from run to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    /// It names or counts something: a time or a date in digits there is none.
    Identity,
    /// Nothing known.
    Neutral,
    /// Made to be different each time, whatever it looks like.
    Nonce,
    /// A segment of a path: names a resource, where digits are an id and never a time.
    Path,
    /// A piece of such a segment, beside a name: `backup-20261123.tar`.
    PathPiece,
    /// Likely made anew each time, when it looks random at all.
    Random,
}

impl Hint {
    /// The place of a piece of a value that stands here.
    pub(super) fn of_piece(self) -> Self {
        if self == Self::Path { Self::PathPiece } else { self }
    }

    /// What a name says: `oauth_nonce`, `X-Amz-Date`, `clientRequestId`.
    pub(super) fn of_name(name: &str) -> Self {
        let plain: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let plain = plain.strip_prefix("oauth").unwrap_or(&plain);
        let plain = plain.strip_prefix("xamz").unwrap_or(plain);
        match plain {
            "authenticitytoken"
            | "boundary"
            | "clientmutationid"
            | "clientrequestid"
            | "cnonce"
            | "codechallenge"
            | "codeverifier"
            | "correlationid"
            | "csrfmiddlewaretoken"
            | "csrftoken"
            | "idempotencykey"
            | "idempotencytoken"
            | "clienttoken"
            | "clientrequesttoken"
            | "invocationid"
            | "jti"
            | "nonce"
            | "requestid"
            | "signature"
            | "spanid"
            | "traceid"
            | "traceparent"
            | "xrequestid"
            | "xsrftoken" => Self::Nonce,
            "cachebuster" | "callback" | "cb" | "messageid" | "msgid" | "rand" | "random"
            | "rnd" | "salt" | "sessionid" | "sid" | "sig" | "state" | "transactionid" | "txid"
            | "txnid" | "uniqueid" => Self::Random,
            "account" | "amount" | "balance" | "bytes" | "cents" | "code" | "count" | "cursor"
            | "customer" | "length" | "limit" | "no" | "num" | "number" | "offset" | "order"
            | "page" | "phone" | "pin" | "price" | "qty" | "quantity" | "seq" | "size" | "sku"
            | "tel" | "total" | "user" | "version" | "zip" => Self::Identity,
            name if name.ends_with("id") || name.ends_with("ids") || name.ends_with("number") => {
                Self::Identity
            }
            _ => Self::Neutral,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_whatever_their_spelling() {
        for (name, expect) in [
            ("oauth_nonce", Hint::Nonce),
            ("X-Amz-Signature", Hint::Nonce),
            ("clientRequestId", Hint::Nonce),
            ("code_challenge", Hint::Nonce),
            ("state", Hint::Random),
            ("user_id", Hint::Identity),
            ("id", Hint::Identity),
            ("orderNumber", Hint::Identity),
            ("timestamp", Hint::Neutral),
            ("", Hint::Neutral),
        ] {
            assert_eq!(Hint::of_name(name), expect, "{name}");
        }
    }
}
