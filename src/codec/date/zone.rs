//! Time zones by what `java.time.ZoneId` takes for one, and their names.

use jiff::{
    Timestamp,
    tz::{Offset, TimeZone},
};

/// Abbreviations: the zone that Java reads from one, and what Java calls it in full.
const NAMES: &[(&str, &str, &str)] = &[
    ("ACDT", "Australia/Adelaide", "Australian Central Daylight Time"),
    ("ACST", "Australia/Adelaide", "Australian Central Standard Time"),
    ("AEDT", "Australia/Sydney", "Australian Eastern Daylight Time"),
    ("AEST", "Australia/Sydney", "Australian Eastern Standard Time"),
    ("AKDT", "America/Anchorage", "Alaska Daylight Time"),
    ("AKST", "America/Anchorage", "Alaska Standard Time"),
    ("AWST", "Australia/Perth", "Australian Western Standard Time"),
    ("BST", "Europe/London", "British Summer Time"),
    ("CAT", "Africa/Maputo", "Central Africa Time"),
    ("CDT", "America/Chicago", "Central Daylight Time"),
    ("CEST", "Europe/Paris", "Central European Summer Time"),
    ("CET", "Europe/Paris", "Central European Standard Time"),
    ("CST", "America/Chicago", "Central Standard Time"),
    ("EAT", "Africa/Nairobi", "East Africa Time"),
    ("EDT", "America/New_York", "Eastern Daylight Time"),
    ("EEST", "Europe/Athens", "Eastern European Summer Time"),
    ("EET", "Europe/Athens", "Eastern European Standard Time"),
    ("EST", "America/New_York", "Eastern Standard Time"),
    ("HKT", "Asia/Hong_Kong", "Hong Kong Standard Time"),
    ("HST", "Pacific/Honolulu", "Hawaii-Aleutian Standard Time"),
    ("IST", "Asia/Kolkata", "India Standard Time"),
    ("JST", "Asia/Tokyo", "Japan Standard Time"),
    ("KST", "Asia/Seoul", "Korean Standard Time"),
    ("MDT", "America/Denver", "Mountain Daylight Time"),
    ("MSK", "Europe/Moscow", "Moscow Standard Time"),
    ("MST", "America/Denver", "Mountain Standard Time"),
    ("NZDT", "Pacific/Auckland", "New Zealand Daylight Time"),
    ("NZST", "Pacific/Auckland", "New Zealand Standard Time"),
    ("PDT", "America/Los_Angeles", "Pacific Daylight Time"),
    ("PST", "America/Los_Angeles", "Pacific Standard Time"),
    ("SAST", "Africa/Johannesburg", "South Africa Standard Time"),
    ("WEST", "Europe/Lisbon", "Western European Summer Time"),
    ("WET", "Europe/Lisbon", "Western European Standard Time"),
];

/// Zones without an abbreviation of their own in the time zone database: Java's short and long name.
const UNABBREVIATED: &[(&str, &str, &str)] = &[
    ("America/Argentina/Buenos_Aires", "ART", "Argentina Standard Time"),
    ("America/Bogota", "COT", "Colombia Standard Time"),
    ("America/Lima", "PET", "Peru Standard Time"),
    ("America/Sao_Paulo", "BRT", "Brasilia Standard Time"),
    ("Asia/Dubai", "GST", "Gulf Standard Time"),
    ("Asia/Kathmandu", "NPT", "Nepal Time"),
    ("Asia/Singapore", "SGT", "Singapore Standard Time"),
    ("Europe/Istanbul", "TRT", "GMT+03:00"),
];

/// The zone that `id` names: `Z`, `UTC`, `+02:00`, `GMT+2`, `Europe/Berlin` (`ZoneId.of`).
pub fn zone_of(id: &str) -> Option<TimeZone> {
    if matches!(id, "Z" | "UTC" | "UT" | "Etc/UTC") {
        return Some(TimeZone::UTC);
    }
    if let Some(offset) = offset_of(id) {
        return Some(fixed(offset));
    }
    for prefix in ["GMT", "UTC", "UT"] {
        if let Some(offset) = id.strip_prefix(prefix).and_then(offset_of) {
            return Some(fixed(offset));
        }
    }
    // Java leaves out these three, which are offsets under the name of a zone.
    if matches!(id, "EST" | "MST" | "HST") {
        return None;
    }
    let zone = TimeZone::get(id).ok()?;
    // Java tells upper from lower case in the names of zones.
    (zone.iana_name() == Some(id)).then_some(zone)
}

/// The zone that an abbreviation or id stands for in text (pattern letter `z`).
pub(super) fn zone_named(name: &str) -> Option<TimeZone> {
    if name == "GMT" {
        return TimeZone::get("GMT").ok();
    }
    match NAMES.iter().find(|(short, _, _)| *short == name) {
        Some((_, id, _)) => TimeZone::get(id).ok(),
        None => zone_of(name),
    }
}

/// A zone that is always so far from UTC; UTC itself at none.
pub(super) fn fixed(offset: Offset) -> TimeZone {
    if offset == Offset::UTC { TimeZone::UTC } else { TimeZone::fixed(offset) }
}

/// `+2`, `+02`, `+0200`, `+02:00`, `+02:00:30` (`ZoneOffset.of`).
fn offset_of(text: &str) -> Option<Offset> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let digits = text.get(1..)?;
    let parts: Vec<&str> = if digits.contains(':') {
        let parts: Vec<&str> = digits.split(':').collect();
        if parts.iter().any(|part| part.len() != 2) {
            return None;
        }
        parts
    } else {
        match digits.len() {
            1 | 2 => vec![digits],
            4 => vec![digits.get(..2)?, digits.get(2..)?],
            6 => vec![digits.get(..2)?, digits.get(2..4)?, digits.get(4..)?],
            _ => return None,
        }
    };
    if parts.len() > 3 || !digits.bytes().all(|b| b.is_ascii_digit() || b == b':') {
        return None;
    }
    let mut seconds = 0;
    for (part, weight) in parts.iter().zip([3600, 60, 1]) {
        let n: i32 = part.parse().ok()?;
        if weight < 3600 && n > 59 {
            return None;
        }
        seconds += n * weight;
    }
    java_offset(sign * seconds)
}

/// An offset within the 18 hours that Java allows.
pub(super) fn java_offset(seconds: i32) -> Option<Offset> {
    if seconds.abs() > 18 * 3600 { None } else { Offset::from_seconds(seconds).ok() }
}

/// `UTC`, `CEST`, `GMT+02:00`.
pub(super) fn short_name(zone: &TimeZone, at: Timestamp) -> String {
    if let Some((_, short, _)) = unabbreviated(zone) {
        return (*short).to_owned();
    }
    let info = zone.to_offset_info(at);
    let short = info.abbreviation();
    if zone.iana_name().is_some() && short.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return short.to_owned();
    }
    gmt(info.offset())
}

/// `Coordinated Universal Time`, `Central European Summer Time`, `GMT+02:00`.
pub(super) fn long_name(zone: &TimeZone, at: Timestamp) -> String {
    if let Some((_, _, long)) = unabbreviated(zone) {
        return (*long).to_owned();
    }
    let info = zone.to_offset_info(at);
    if zone.iana_name().is_some() {
        match (info.abbreviation(), info.offset().seconds()) {
            ("UTC", _) => return "Coordinated Universal Time".to_owned(),
            ("GMT", 0) => return "Greenwich Mean Time".to_owned(),
            ("IST", 3600) => return "Irish Standard Time".to_owned(),
            ("IST", 7200) => return "Israel Standard Time".to_owned(),
            ("CST", 28800) => return "China Standard Time".to_owned(),
            (short, _) => {
                if let Some((_, _, long)) = NAMES.iter().find(|(name, _, _)| *name == short) {
                    return (*long).to_owned();
                }
            }
        }
    }
    gmt(info.offset())
}

fn unabbreviated(zone: &TimeZone) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let id = zone.iana_name()?;
    UNABBREVIATED.iter().find(|(name, _, _)| *name == id)
}

/// `GMT+02:00`, as Java calls a zone without a name; UTC by its own.
fn gmt(offset: Offset) -> String {
    if offset == Offset::UTC {
        return "UTC".to_owned();
    }
    format!("GMT{}", hours_minutes(offset, ":"))
}

/// `+02:00`, with `between` hours and minutes.
pub(super) fn hours_minutes(offset: Offset, between: &str) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}{between}{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_java_reads_them() {
        assert_eq!(zone_of("UTC"), Some(TimeZone::UTC));
        assert_eq!(zone_of("Z"), Some(TimeZone::UTC));
        assert!(zone_of("Europe/Berlin").is_some());
        assert!(zone_of("+02:00").is_some());
        assert!(zone_of("GMT+2").is_some());
        assert_eq!(zone_of("europe/berlin"), None);
        assert_eq!(zone_of("EST"), None);
        assert_eq!(zone_of("+19:00"), None);
        assert_eq!(zone_of("+é1"), None);
        assert_eq!(zone_of("Nowhere/X"), None);
    }
}
