//! Names of credentials. A new one is a line in one of these tables.

use std::cmp::Ordering;

use super::class::Class;

/// How far a name is to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// A credential wherever it stands.
    Strong,
    /// A credential in what a client sends and in links; in an answer the word means other things.
    Sent,
    /// A credential only when it is sent and looks like an opaque token.
    Weak,
}

/// How the value of a header field is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderRule {
    /// A scheme and what follows it (RFC 9110 §11.4).
    Authorization,
    /// A challenge: its nonce is no secret.
    Challenge,
    /// Pairs of a `Cookie` field.
    Cookie,
    /// One `Set-Cookie`.
    SetCookie,
    /// A credential as a whole.
    Whole(Class),
}

/// Rules out most names by their length and first letter, before a table is searched.
pub(super) struct Gate([u32; 64]);

impl Gate {
    /// Whether a name of this length and first letter is in the table.
    pub(super) fn admits(&self, name: &str) -> bool {
        name.as_bytes().first().is_some_and(|&first| {
            self.0.get(name.len()).is_some_and(|letters| letters & bit(first) != 0)
        })
    }

    const fn with(mut self, name: &str) -> Self {
        self.0[name.len()] |= bit(name.as_bytes()[0]);
        self
    }
}

const fn bit(letter: u8) -> u32 {
    1 << (letter & 31)
}

/// The order of the tables. Most comparisons are of two numbers.
pub(super) fn order(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

pub(super) static PARAMETER_GATE: Gate = {
    let mut gate = Gate([0; 64]);
    let mut at = 0;
    while at < PARAMETERS.len() {
        gate = gate.with(PARAMETERS[at].0);
        at += 1;
    }
    gate
};

pub(super) static HEADER_GATE: Gate = {
    let mut gate = Gate([0; 64]);
    let mut at = 0;
    while at < HEADERS.len() {
        gate = gate.with(HEADERS[at].0);
        at += 1;
    }
    gate
};

/// Parameters, fields, members and elements; sorted by length, then by name.
#[rustfmt::skip]
pub(super) const PARAMETERS: &[(&str, Class, Weight)] = &[
    ("pw", Class::Password, Weight::Sent),
    ("csc", Class::CardCode, Weight::Strong),
    ("cvc", Class::CardCode, Weight::Strong),
    ("cvv", Class::CardCode, Weight::Strong),
    ("jwt", Class::Token, Weight::Strong),
    ("key", Class::ApiKey, Weight::Weak),
    ("otp", Class::Token, Weight::Sent),
    ("pan", Class::CardNumber, Weight::Strong),
    ("pin", Class::Token, Weight::Weak),
    ("pwd", Class::Password, Weight::Strong),
    ("sas", Class::Signature, Weight::Sent),
    ("sid", Class::Token, Weight::Weak),
    ("sig", Class::Signature, Weight::Sent),
    ("auth", Class::Token, Weight::Weak),
    ("code", Class::Token, Weight::Weak),
    ("csrf", Class::Csrf, Weight::Strong),
    ("cvc2", Class::CardCode, Weight::Strong),
    ("cvv2", Class::CardCode, Weight::Strong),
    ("hmac", Class::Signature, Weight::Sent),
    ("pass", Class::Password, Weight::Sent),
    ("totp", Class::Token, Weight::Sent),
    ("xsrf", Class::Csrf, Weight::Strong),
    ("appid", Class::ApiKey, Weight::Weak),
    ("ccnum", Class::CardNumber, Weight::Strong),
    ("nonce", Class::Token, Weight::Weak),
    ("state", Class::Token, Weight::Weak),
    ("apikey", Class::ApiKey, Weight::Strong),
    ("appkey", Class::ApiKey, Weight::Strong),
    ("bearer", Class::Token, Weight::Strong),
    ("cardno", Class::CardNumber, Weight::Strong),
    ("passwd", Class::Password, Weight::Strong),
    ("sessid", Class::Session, Weight::Strong),
    ("authkey", Class::ApiKey, Weight::Strong),
    ("cardcvc", Class::CardCode, Weight::Strong),
    ("cardcvv", Class::CardCode, Weight::Strong),
    ("cvccode", Class::CardCode, Weight::Strong),
    ("mfacode", Class::Token, Weight::Sent),
    ("otpcode", Class::Token, Weight::Sent),
    ("samlart", Class::Token, Weight::Strong),
    ("session", Class::Session, Weight::Strong),
    ("ccnumber", Class::CardNumber, Weight::Strong),
    ("mfatoken", Class::Token, Weight::Sent),
    ("password", Class::Password, Weight::Strong),
    ("totpcode", Class::Token, Weight::Sent),
    ("userpass", Class::Password, Weight::Sent),
    ("accesskey", Class::ApiKey, Weight::Strong),
    ("assertion", Class::Token, Weight::Strong),
    ("masterkey", Class::Secret, Weight::Strong),
    ("password1", Class::Password, Weight::Strong),
    ("password2", Class::Password, Weight::Strong),
    ("phpsessid", Class::Session, Weight::Strong),
    ("secretkey", Class::Secret, Weight::Strong),
    ("sessionid", Class::Session, Weight::Strong),
    ("sharedkey", Class::Secret, Weight::Strong),
    ("signature", Class::Signature, Weight::Sent),
    ("accountkey", Class::Secret, Weight::Strong),
    ("backupcode", Class::Token, Weight::Sent),
    ("cardnumber", Class::CardNumber, Weight::Strong),
    ("credential", Class::Token, Weight::Weak),
    ("creditcard", Class::CardNumber, Weight::Strong),
    ("jsessionid", Class::Session, Weight::Strong),
    ("licensekey", Class::Secret, Weight::Strong),
    ("passphrase", Class::Password, Weight::Strong),
    ("privatekey", Class::PrivateKey, Weight::Strong),
    ("sessionkey", Class::Session, Weight::Strong),
    ("signingkey", Class::Secret, Weight::Strong),
    ("accesskeyid", Class::ApiKey, Weight::Strong),
    ("credentials", Class::Token, Weight::Weak),
    ("onetimecode", Class::Token, Weight::Sent),
    ("codeverifier", Class::Secret, Weight::Strong),
    ("passwordhash", Class::Password, Weight::Strong),
    ("recoverycode", Class::Token, Weight::Sent),
    ("samlresponse", Class::Token, Weight::Strong),
    ("secretanswer", Class::Password, Weight::Strong),
    ("securitycode", Class::CardCode, Weight::Strong),
    ("encryptionkey", Class::Secret, Weight::Strong),
    ("passwordagain", Class::Password, Weight::Strong),
    ("samlassertion", Class::Token, Weight::Strong),
    ("xamzsignature", Class::Signature, Weight::Sent),
    ("awsaccesskeyid", Class::ApiKey, Weight::Strong),
    ("xamzcredential", Class::ApiKey, Weight::Strong),
    ("xgoogsignature", Class::Signature, Weight::Sent),
    ("clientassertion", Class::Token, Weight::Strong),
    ("confirmpassword", Class::Password, Weight::Strong),
    ("passwordconfirm", Class::Password, Weight::Strong),
    ("secretaccesskey", Class::Secret, Weight::Strong),
    ("subscriptionkey", Class::ApiKey, Weight::Strong),
    ("xgoogcredential", Class::ApiKey, Weight::Strong),
    ("connectionstring", Class::Secret, Weight::Strong),
    ("creditcardnumber", Class::CardNumber, Weight::Strong),
    ("passwordconfirmation", Class::Password, Weight::Strong),
];

/// Header fields; sorted by length, then by name.
#[rustfmt::skip]
pub(super) const HEADERS: &[(&str, HeaderRule)] = &[
    ("dpop", HeaderRule::Whole(Class::Token)),
    ("apikey", HeaderRule::Whole(Class::ApiKey)),
    ("cookie", HeaderRule::Cookie),
    ("x-auth", HeaderRule::Authorization),
    ("api-key", HeaderRule::Whole(Class::ApiKey)),
    ("cookie2", HeaderRule::Cookie),
    ("x-apikey", HeaderRule::Whole(Class::ApiKey)),
    ("signature", HeaderRule::Whole(Class::Signature)),
    ("x-api-key", HeaderRule::Whole(Class::ApiKey)),
    ("x-app-key", HeaderRule::Whole(Class::ApiKey)),
    ("x-session", HeaderRule::Whole(Class::Session)),
    ("session-id", HeaderRule::Whole(Class::Session)),
    ("set-cookie", HeaderRule::SetCookie),
    ("x-auth-key", HeaderRule::Whole(Class::ApiKey)),
    ("set-cookie2", HeaderRule::SetCookie),
    ("x-sessionid", HeaderRule::Whole(Class::Session)),
    ("x-access-key", HeaderRule::Whole(Class::ApiKey)),
    ("x-master-key", HeaderRule::Whole(Class::ApiKey)),
    ("x-session-id", HeaderRule::Whole(Class::Session)),
    ("authorization", HeaderRule::Authorization),
    ("x-client-cert", HeaderRule::Whole(Class::Secret)),
    ("authentication", HeaderRule::Authorization),
    ("mcp-session-id", HeaderRule::Whole(Class::Session)),
    ("x-rapidapi-key", HeaderRule::Whole(Class::ApiKey)),
    ("x-authorization", HeaderRule::Authorization),
    ("x-functions-key", HeaderRule::Whole(Class::ApiKey)),
    ("x-hub-signature", HeaderRule::Whole(Class::Signature)),
    ("x-jwt-assertion", HeaderRule::Whole(Class::Token)),
    ("www-authenticate", HeaderRule::Challenge),
    ("x-amz-credential", HeaderRule::Whole(Class::ApiKey)),
    ("x-honeycomb-team", HeaderRule::Whole(Class::ApiKey)),
    ("dd-application-key", HeaderRule::Whole(Class::ApiKey)),
    ("proxy-authenticate", HeaderRule::Challenge),
    ("x-ms-signature-256", HeaderRule::Whole(Class::Signature)),
    ("authentication-info", HeaderRule::Challenge),
    ("proxy-authorization", HeaderRule::Authorization),
    ("x-hub-signature-256", HeaderRule::Whole(Class::Signature)),
    ("x-shopify-hmac-sha256", HeaderRule::Whole(Class::Signature)),
    ("cf-access-jwt-assertion", HeaderRule::Whole(Class::Token)),
    ("x-goog-iap-jwt-assertion", HeaderRule::Whole(Class::Token)),
    ("x-original-authorization", HeaderRule::Authorization),
    ("ocp-apim-subscription-key", HeaderRule::Whole(Class::ApiKey)),
    ("proxy-authentication-info", HeaderRule::Challenge),
    ("x-forwarded-authorization", HeaderRule::Authorization),
];
