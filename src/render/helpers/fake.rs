//! `random` (WireMock's faker extension) and `fake`, which are one: made-up names, addresses and
//! the like by Datafaker's names. The same chance draws the same.

use fake::{
    Fake as _,
    faker::{
        address::en as address, company::en as company, creditcard::en as card,
        currency::en as currency, filesystem::en as file, internet::en as internet, job::en as job,
        lorem::en as lorem, name::en as name, phone_number::en as phone,
    },
};
use rand::{Rng, RngExt as _};

use super::args::{Result, complaint, printed};
use crate::render::template::{Call, Value};

type Draw = fn(&mut dyn Rng) -> String;

/// Datafaker's names in lower case without underscores, in order, and what draws for them.
const DRAWS: &[(&str, Draw)] = &[
    ("address.buildingnumber", |r| address::BuildingNumber().fake_with_rng(r)),
    ("address.city", |r| address::CityName().fake_with_rng(r)),
    ("address.cityname", |r| address::CityName().fake_with_rng(r)),
    ("address.country", |r| address::CountryName().fake_with_rng(r)),
    ("address.countrycode", |r| address::CountryCode().fake_with_rng(r)),
    ("address.fulladdress", full_address),
    ("address.latitude", |r| address::Latitude().fake_with_rng(r)),
    ("address.longitude", |r| address::Longitude().fake_with_rng(r)),
    ("address.postcode", |r| address::PostCode().fake_with_rng(r)),
    ("address.secondaryaddress", |r| address::SecondaryAddress().fake_with_rng(r)),
    ("address.state", |r| address::StateName().fake_with_rng(r)),
    ("address.stateabbr", |r| address::StateAbbr().fake_with_rng(r)),
    ("address.streetaddress", street_address),
    ("address.streetname", |r| address::StreetName().fake_with_rng(r)),
    ("address.streetsuffix", |r| address::StreetSuffix().fake_with_rng(r)),
    ("address.timezone", |r| address::TimeZone().fake_with_rng(r)),
    ("address.zipcode", |r| address::ZipCode().fake_with_rng(r)),
    ("bool.bool", |r| r.random::<bool>().to_string()),
    ("business.creditcardnumber", |r| card::CreditCardNumber().fake_with_rng(r)),
    ("color.hex", |r| format!("#{:06X}", r.random_range(0..0x100_0000))),
    ("company.bs", |r| company::Bs().fake_with_rng(r)),
    ("company.buzzword", |r| company::Buzzword().fake_with_rng(r)),
    ("company.catchphrase", |r| company::CatchPhrase().fake_with_rng(r)),
    ("company.industry", |r| company::Industry().fake_with_rng(r)),
    ("company.name", |r| company::CompanyName().fake_with_rng(r)),
    ("company.profession", |r| company::Profession().fake_with_rng(r)),
    ("company.suffix", |r| company::CompanySuffix().fake_with_rng(r)),
    ("file.extension", |r| file::FileExtension().fake_with_rng(r)),
    ("file.filename", |r| file::FileName().fake_with_rng(r)),
    ("file.mimetype", |r| file::MimeType().fake_with_rng(r)),
    ("finance.creditcard", |r| card::CreditCardNumber().fake_with_rng(r)),
    ("internet.domainname", domain_name),
    ("internet.domainsuffix", |r| internet::DomainSuffix().fake_with_rng(r)),
    ("internet.emailaddress", |r| internet::SafeEmail().fake_with_rng(r)),
    ("internet.ipv4address", ipv4),
    ("internet.ipv6address", ipv6),
    ("internet.macaddress", |r| internet::MACAddress().fake_with_rng(r)),
    ("internet.password", |r| internet::Password(8..17).fake_with_rng(r)),
    ("internet.safeemailaddress", |r| internet::SafeEmail().fake_with_rng(r)),
    ("internet.url", |r| format!("https://www.{}/", domain_name(r))),
    ("internet.useragent", |r| internet::UserAgent().fake_with_rng(r)),
    ("internet.username", |r| internet::Username().fake_with_rng(r)),
    ("internet.uuid", uuid),
    ("job.field", |r| job::Field().fake_with_rng(r)),
    ("job.position", |r| job::Position().fake_with_rng(r)),
    ("job.seniority", |r| job::Seniority().fake_with_rng(r)),
    ("job.title", |r| job::Title().fake_with_rng(r)),
    ("lorem.paragraph", |r| lorem::Paragraph(3..6).fake_with_rng(r)),
    ("lorem.sentence", |r| lorem::Sentence(4..9).fake_with_rng(r)),
    ("lorem.word", |r| lorem::Word().fake_with_rng(r)),
    ("money.currency", |r| currency::CurrencyName().fake_with_rng(r)),
    ("money.currencycode", |r| currency::CurrencyCode().fake_with_rng(r)),
    ("name.firstname", |r| name::FirstName().fake_with_rng(r)),
    ("name.fullname", |r| name::Name().fake_with_rng(r)),
    ("name.lastname", |r| name::LastName().fake_with_rng(r)),
    ("name.name", |r| name::Name().fake_with_rng(r)),
    ("name.namewithmiddle", |r| name::NameWithTitle().fake_with_rng(r)),
    ("name.prefix", |r| name::Title().fake_with_rng(r)),
    ("name.suffix", |r| name::Suffix().fake_with_rng(r)),
    ("name.title", |r| job::Title().fake_with_rng(r)),
    ("number.digit", |r| r.random_range(0..10).to_string()),
    ("phonenumber.cellphone", |r| phone::CellNumber().fake_with_rng(r)),
    ("phonenumber.phonenumber", |r| phone::PhoneNumber().fake_with_rng(r)),
];

/// `random 'Name.first_name'`
pub(super) fn fake(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    let asked = printed(call, &context)?;
    let name = asked.strip_prefix("#{").and_then(|name| name.strip_suffix('}'));
    let name = name.unwrap_or(&asked).replace('_', "").to_ascii_lowercase();
    let known = DRAWS.binary_search_by(|(known, _)| (*known).cmp(name.as_str()));
    Ok(match known.ok().and_then(|at| DRAWS.get(at)) {
        Some((_, draw)) => Value::text(draw(call.env().random)),
        None => complaint(format!("Unable to evaluate the expression {asked}")),
    })
}

fn street_address(random: &mut dyn Rng) -> String {
    let number: String = address::BuildingNumber().fake_with_rng(random);
    let street: String = address::StreetName().fake_with_rng(random);
    format!("{number} {street}")
}

fn full_address(random: &mut dyn Rng) -> String {
    let street = street_address(random);
    let city: String = address::CityName().fake_with_rng(random);
    let state: String = address::StateAbbr().fake_with_rng(random);
    let code: String = address::ZipCode().fake_with_rng(random);
    format!("{street}, {city}, {state} {code}")
}

/// A domain that nobody has (RFC 2606).
fn domain_name(random: &mut dyn Rng) -> String {
    let word: String = lorem::Word().fake_with_rng(random);
    format!("{word}.example.com")
}

fn ipv4(random: &mut dyn Rng) -> String {
    std::net::Ipv4Addr::from_bits(random.random()).to_string()
}

fn ipv6(random: &mut dyn Rng) -> String {
    std::net::Ipv6Addr::from_bits(random.random()).to_string()
}

fn uuid(random: &mut dyn Rng) -> String {
    uuid::Builder::from_random_bytes(random.random()).into_uuid().hyphenated().to_string()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn names_are_in_order() {
        assert!(DRAWS.is_sorted_by(|(left, _), (right, _)| left < right));
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        for (name, draw) in DRAWS {
            let drawn = draw(&mut ChaCha8Rng::seed_from_u64(1));
            assert!(!drawn.is_empty(), "{name}");
            assert_eq!(drawn, draw(&mut ChaCha8Rng::seed_from_u64(1)), "{name}");
        }
    }
}
