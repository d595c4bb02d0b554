//! The kinds of credential that are told apart in reports.

/// What a value gives access by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Class {
    ApiKey,
    Authorization,
    CardCode,
    CardNumber,
    Cookie,
    Csrf,
    Password,
    PrivateKey,
    Secret,
    Session,
    Signature,
    Token,
}

impl Class {
    /// The word for it in reports.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ApiKey => "api key",
            Self::Authorization => "authorization",
            Self::CardCode => "card code",
            Self::CardNumber => "card number",
            Self::Cookie => "cookie",
            Self::Csrf => "csrf token",
            Self::Password => "password",
            Self::PrivateKey => "private key",
            Self::Secret => "secret",
            Self::Session => "session",
            Self::Signature => "signature",
            Self::Token => "token",
        }
    }

    /// Whether a value of it is looked for in other places too. A signature is worth nothing
    /// elsewhere, and three digits are found everywhere.
    pub(super) fn taints(self) -> bool {
        !matches!(self, Self::Signature | Self::CardCode)
    }
}
