//! Keys that templates sign tokens with (`jwt`), and what of them is published (`jwks`).

use aws_lc_rs::{
    digest::{SHA256, digest},
    encoding::{AsDer as _, Pkcs8V1Der},
    error::Unspecified,
    hmac,
    rand::SystemRandom,
    rsa::{KeySize, PublicKey},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};

use crate::{
    codec::json,
    model::{Json, JsonStyle},
    render::template::{SigningAlgorithm, SigningKeys},
};

/// Members of the text that keys are kept as.
const SECRET: &str = "hs256Secret";
const RSA: &str = "rs256PrivateKey";
const EC: &str = "es256PrivateKey";

/// One key of each kind.
pub struct TokenKeys {
    secret: hmac::Key,
    /// The text of it.
    shared: String,
    rsa: RsaKeyPair,
    rsa_id: String,
    ec: EcdsaKeyPair,
    ec_id: String,
}

impl TokenKeys {
    /// New keys, and the secret that those share with the server who check HS256.
    ///
    /// # Errors
    ///
    /// The system has no chance to give.
    pub fn generate(secret: &str) -> Result<Self, Unspecified> {
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048)?;
        let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
        Ok(Self::of(secret, rsa, ec))
    }

    /// The keys of a text that [`Self::to_text`] made; `None` where it is none.
    pub fn from_text(text: &str) -> Option<Self> {
        let json = json::parse(text).ok()?;
        let member = |name: &str| json.member(name).and_then(Json::as_str);
        let key = |name: &str| BASE64_STANDARD.decode(member(name)?).ok();
        let rsa = RsaKeyPair::from_pkcs8(&key(RSA)?).ok()?;
        let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key(EC)?).ok()?;
        Some(Self::of(member(SECRET)?, rsa, ec))
    }

    /// The keys as JSON: the secret, and the others as PKCS #8 (RFC 5208) in base64.
    ///
    /// # Errors
    ///
    /// The keys cannot be written down.
    pub fn to_text(&self) -> Result<String, Unspecified> {
        let rsa: Pkcs8V1Der<'_> = self.rsa.as_der()?;
        let ec = self.ec.to_pkcs8v1()?;
        let member = |name: &str, value: String| (name.to_owned(), Json::from(value.as_str()));
        let json = Json::Object(vec![
            member(SECRET, self.shared.clone()),
            member(RSA, BASE64_STANDARD.encode(rsa.as_ref())),
            member(EC, BASE64_STANDARD.encode(ec.as_ref())),
        ]);
        Ok(json::write(&json, JsonStyle::default()))
    }

    fn of(secret: &str, rsa: RsaKeyPair, ec: EcdsaKeyPair) -> Self {
        Self {
            secret: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            shared: secret.to_owned(),
            rsa_id: key_id(rsa.public_key().as_ref()),
            rsa,
            ec_id: key_id(ec.public_key().as_ref()),
            ec,
        }
    }
}

/// Does not show the keys.
impl std::fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids = (&self.rsa_id, &self.ec_id);
        f.debug_struct("TokenKeys").field("ids", &ids).finish_non_exhaustive()
    }
}

/// A name that follows from the public key.
fn key_id(public: &[u8]) -> String {
    let digest = digest(&SHA256, public);
    BASE64_URL_SAFE_NO_PAD.encode(digest.as_ref().get(..12).unwrap_or_default())
}

impl SigningKeys for TokenKeys {
    fn key_id(&self, algorithm: SigningAlgorithm) -> Option<&str> {
        match algorithm {
            SigningAlgorithm::Hs256 => None,
            SigningAlgorithm::Rs256 => Some(&self.rsa_id),
            SigningAlgorithm::Es256 => Some(&self.ec_id),
        }
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Option<Vec<u8>> {
        match algorithm {
            SigningAlgorithm::Hs256 => Some(hmac::sign(&self.secret, message).as_ref().to_vec()),
            SigningAlgorithm::Rs256 => {
                let mut signature = vec![0; self.rsa.public_modulus_len()];
                let random = SystemRandom::new();
                self.rsa.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).ok()?;
                Some(signature)
            }
            SigningAlgorithm::Es256 => {
                let signature = self.ec.sign(&SystemRandom::new(), message).ok()?;
                Some(signature.as_ref().to_vec())
            }
        }
    }

    /// RFC 7518 section 6: numbers as bytes without leading zeros, coordinates as 32 bytes.
    fn key_set(&self) -> Json {
        let encoded = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let (modulus, exponent) = rsa_numbers(self.rsa.public_key()).unwrap_or_default();
        let point = self.ec.public_key().as_ref();
        let coordinate = |from: usize| encoded(point.get(from..from + 32).unwrap_or_default());
        let key = |members: &[(&str, &str)]| {
            Json::Object(members.iter().map(|(k, v)| ((*k).to_owned(), Json::from(*v))).collect())
        };
        let keys = vec![
            key(&[
                ("kty", "RSA"),
                ("use", "sig"),
                ("alg", SigningAlgorithm::Rs256.name()),
                ("kid", &self.rsa_id),
                ("n", &encoded(&modulus)),
                ("e", &encoded(&exponent)),
            ]),
            key(&[
                ("kty", "EC"),
                ("use", "sig"),
                ("alg", SigningAlgorithm::Es256.name()),
                ("kid", &self.ec_id),
                ("crv", "P-256"),
                ("x", &coordinate(1)),
                ("y", &coordinate(33)),
            ]),
        ];
        Json::Object(vec![("keys".to_owned(), Json::Array(keys))])
    }
}

/// Modulus and exponent of a key: `RSAPublicKey` of RFC 8017, appendix A.1.1, in DER.
fn rsa_numbers(key: &PublicKey) -> Option<(Vec<u8>, Vec<u8>)> {
    let (_, sequence, _) = der(key.as_ref())?;
    let (_, modulus, rest) = der(sequence)?;
    let (_, exponent, _) = der(rest)?;
    let unsigned =
        |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
    Some((unsigned(modulus), unsigned(exponent)))
}

/// Tag and content of the first element, and what follows it.
fn der(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (long, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        let length = long
            .iter()
            .try_fold(0_usize, |sum, byte| sum.checked_mul(256)?.checked_add(usize::from(*byte)));
        (length?, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
        UnparsedPublicKey,
    };

    use super::*;

    fn member(json: &Json, name: &str) -> Vec<u8> {
        let text = json.member(name).and_then(Json::as_str).unwrap();
        BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    #[test]
    fn what_is_signed_is_verified_by_what_is_published() {
        let made = TokenKeys::generate("secret").unwrap();
        let keys = TokenKeys::from_text(&made.to_text().unwrap()).unwrap();
        assert_eq!(keys.key_set(), made.key_set());
        let Some(Json::Array(set)) = keys.key_set().member("keys").cloned() else {
            panic!("no keys");
        };
        let signature = keys.sign(SigningAlgorithm::Rs256, b"m").unwrap();
        let rsa = RsaPublicKeyComponents { n: member(&set[0], "n"), e: member(&set[0], "e") };
        rsa.verify(&RSA_PKCS1_2048_8192_SHA256, b"m", &signature).unwrap();
        let signature = keys.sign(SigningAlgorithm::Es256, b"m").unwrap();
        let point = [&[4][..], &member(&set[1], "x"), &member(&set[1], "y")].concat();
        let ec = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        ec.verify(b"m", &signature).unwrap();
        let id = set[1].member("kid").and_then(Json::as_str);
        assert_eq!(id, keys.key_id(SigningAlgorithm::Es256));
        let hs256 = keys.sign(SigningAlgorithm::Hs256, b"m").unwrap();
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, b"secret"), b"m", &hs256).unwrap();
    }
}
