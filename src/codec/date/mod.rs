//! Dates as Java writes and reads them: patterns, the usual formats, offsets in words, truncations.
//!
//! Reading follows `java.time.format.DateTimeFormatter`, printing `java.text.SimpleDateFormat`, because
//! that is which of the two WireMock uses for each; their letters differ. Pure: the time is an argument.
//! May import: model.

mod compile;
mod fields;
mod letters;
mod offset;
mod parse;
mod print;
mod read;
mod truncate;
mod usual;
mod words;
mod zone;

pub use fields::{Found, ParsedDate};
pub use offset::{DateOffset, unit_of};
pub use parse::ParseFormat;
pub use print::{PrintFormat, iso_text};
pub use truncate::{truncate, truncation_of};
pub use usual::{parse_usual, parse_usual_local, parse_usual_zoned};
pub use zone::zone_of;
