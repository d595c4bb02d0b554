//! Dates: `now`, `date`, `parseDate`, `truncateDate` of WireMock, `dateFormat` of Handlebars.java.
//!
//! The time is the environment's. Where Java takes the zone of its machine, this is UTC.

use std::sync::Arc;

use jiff::{Timestamp, Zoned, tz::TimeZone};

use super::args::{Result, arg, args, complaint, failure, printed, text_option};
use crate::{
    codec::date::{
        DateOffset, ParseFormat, PrintFormat, iso_text, parse_usual_zoned, truncate, truncation_of,
        zone_of,
    },
    render::template::{Call, DateValue, Value},
};

/// A date of templates: prints by its format, ISO-8601 without one, in its zone or UTC.
fn date_value(
    call: &Call<'_, '_>,
    at: Timestamp,
    format: Option<&str>,
    zone: Option<TimeZone>,
) -> Result {
    // `java.util.Date` knows no parts of a millisecond.
    let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
    let zoned = at.to_zoned(zone.clone().unwrap_or(TimeZone::UTC));
    let text = match format {
        None => iso_text(&zoned),
        Some(format) => {
            PrintFormat::compile(format).map_err(|error| failure(call, error))?.print(&zoned)
        }
    };
    Ok(Value::Date(Arc::new(DateValue { at, text: text.into(), zone })))
}

/// `now` and `date`, which are one: `timezone=` holds where there is no date that has its own.
pub(super) fn date(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    let format = text_option(call, "format")?;
    let (at, zone) = match &context {
        Value::Date(date) => (date.at, date.zone.clone()),
        _ => {
            let zone = text_option(call, "timezone")?.map(|id| zone_by_id(call, id)).transpose()?;
            (call.env().now, zone)
        }
    };
    let at = match text_option(call, "offset")? {
        None => at,
        Some(offset) => {
            let offset = DateOffset::parse(offset).map_err(|error| failure(call, error))?;
            offset
                .shift(&at.to_zoned(TimeZone::UTC))
                .ok_or_else(|| failure(call, "its offset leaves the calendar"))?
                .timestamp()
        }
    };
    date_value(call, at, format, zone)
}

fn zone_by_id(call: &Call<'_, '_>, id: &str) -> Result<TimeZone> {
    zone_of(id).ok_or_else(|| {
        failure(
            call,
            format!("`{id}` is no time zone, expected one as `Europe/Berlin` or `+02:00`"),
        )
    })
}

/// `parseDate`: nothing, when the text is not written so.
pub(super) fn parse_date(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    let text = printed(call, &context)?;
    let Some(format) = text_option(call, "format")? else {
        return match parse_usual_zoned(&text) {
            Some(at) => of_zoned(call, &at),
            None => Ok(Value::Null),
        };
    };
    let format = ParseFormat::compile(format).map_err(|error| failure(call, error))?;
    match format.parse(&text) {
        None if format.is_number() => {
            Err(failure(call, format!("`{text}` is no whole number of seconds or milliseconds")))
        }
        None => Ok(Value::Null),
        Some(found) => {
            if let Some(at) = found.zoned() {
                return of_zoned(call, &at);
            }
            let local = found.local().and_then(|local| local.to_zoned(TimeZone::UTC).ok());
            let at = local
                .ok_or_else(|| failure(call, format!("`{text}` names no day, so it is no date")))?;
            date_value(call, at.timestamp(), None, None)
        }
    }
}

fn of_zoned(call: &Call<'_, '_>, at: &Zoned) -> Result {
    date_value(call, at.timestamp(), None, Some(at.time_zone().clone()))
}

/// `truncateDate`
pub(super) fn truncate_date(call: &mut Call<'_, '_>) -> Result {
    if args(call).is_empty() {
        return Ok(complaint(
            "Truncation type must be specified as the first parameter to truncateDate",
        ));
    }
    let Value::Date(date) = call.context() else {
        return Ok(complaint("A date object must be passed to the truncateDate helper"));
    };
    let to = printed(call, arg(call, 0))?;
    let to = truncation_of(&to).map_err(|error| failure(call, error))?;
    let zone = date.zone.clone().unwrap_or(TimeZone::UTC);
    match truncate(&date.at.to_zoned(zone), to) {
        Some(cut) => of_zoned(call, &cut),
        None => Err(failure(call, "it leaves the calendar")),
    }
}

/// `dateFormat`: a style (`full`, `long`, `medium`, `short`) or pattern, in `tz=` or UTC.
pub(super) fn date_format(call: &mut Call<'_, '_>) -> Result {
    let date = match call.context() {
        Value::Date(date) => date,
        context if !context.is_truthy() => {
            return Ok(arg(call, 0).to_text().map_or(Value::Null, Value::Text));
        }
        other => {
            return Err(failure(call, format!("found `{}`, expected a date", other.printed())));
        }
    };
    let given = match arg(call, 0) {
        Value::Absent | Value::Null => call.hash("format").and_then(Value::to_text),
        given => given.to_text(),
    };
    let pattern = match given.as_deref().unwrap_or("medium") {
        "full" => "EEEE, MMMM d, yyyy",
        "long" => "MMMM d, yyyy",
        "medium" => "MMM d, yyyy",
        "short" => "M/d/yy",
        pattern => pattern,
    };
    let zone = match call.hash("tz").and_then(Value::to_text) {
        Some(id) => zone_by_id(call, &id)?,
        None => TimeZone::UTC,
    };
    let format = PrintFormat::compile(pattern).map_err(|error| failure(call, error))?;
    Ok(Value::text(format.print(&date.at.to_zoned(zone))))
}
