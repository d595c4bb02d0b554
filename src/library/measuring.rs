//! How long recorded answers took, read from the tapes: nothing but times is taken from a line, and
//! from large tapes only so much.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, de::IgnoredAny};

use super::{tape::VERSION, tape_line::HeaderLine};
use crate::{
    model::ServiceName,
    store::measured::{Endpoints, ServiceTimes},
};

/// Bytes of tape that are read for one service, the newest first.
const MAX_BYTES: u64 = 256 << 20;
/// Longer lines are left out; their bodies lie on the tape, and others than the largest do not.
const MAX_LINE: u64 = 16 << 20;
/// Services that are read at a time.
const AT_ONCE: usize = 4;

/// The parts of a line that tell times.
#[derive(Deserialize)]
struct Line {
    request: Asked,
    response: Option<IgnoredAny>,
    timing: Timing,
}

#[derive(Deserialize)]
struct Asked {
    method: String,
    target: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Timing {
    first_byte_ms: Option<f64>,
    #[serde(default)]
    chunks: Vec<(f64, IgnoredAny, IgnoredAny)>,
}

/// What the tapes under `recordings` say about each endpoint. Tapes that cannot be read are told of and
/// left out.
pub fn measure(recordings: &Path) -> Endpoints {
    let services = match folders(recordings) {
        Ok(services) => services,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            tracing::warn!(%error, folder = %recordings.display(), "tapes cannot be listed");
            Vec::new()
        }
    };
    let mut all = Vec::new();
    for some in services.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            let threads: Vec<_> =
                some.iter().map(|folder| (folder, scope.spawn(|| of_service(folder)))).collect();
            for (folder, thread) in threads {
                if let (Some(name), Ok(times)) =
                    (folder.file_name().and_then(|name| name.to_str()), thread.join())
                {
                    all.push((ServiceName::new(name), times));
                }
            }
        });
    }
    Endpoints::new(all)
}

/// The folders of services, in order.
fn folders(recordings: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(recordings)?.flatten().map(|entry| entry.path());
    let is_hidden =
        |path: &Path| path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    let mut folders: Vec<_> = entries.filter(|path| !is_hidden(path) && path.is_dir()).collect();
    folders.sort();
    Ok(folders)
}

fn of_service(folder: &Path) -> ServiceTimes {
    let mut times = ServiceTimes::default();
    let mut tapes: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    // Their names are the times at which they began.
    tapes.sort();
    let mut left = MAX_BYTES;
    for tape in tapes.iter().rev() {
        match of_tape(tape, left, &mut times) {
            Ok(read) => left = left.saturating_sub(read),
            Err(error) => tracing::warn!(%error, tape = %tape.display(), "a tape cannot be read"),
        }
        if left == 0 {
            break;
        }
    }
    times
}

/// Adds the times of a tape; how many bytes of it were read.
fn of_tape(path: &Path, limit: u64, times: &mut ServiceTimes) -> io::Result<u64> {
    let mut reader = BufReader::new(File::open(path)?).take(limit);
    let mut line = Vec::new();
    let mut is_first = true;
    loop {
        line.clear();
        if (&mut reader).take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if !line.ends_with(b"\n") {
            // Cut off, by a kill or a bound; of a line that is too long the rest is no line either.
            skip_line(&mut reader)?;
            continue;
        }
        if is_first {
            is_first = false;
            match serde_json::from_slice::<HeaderLine>(&line) {
                Ok(header) if header.tape == "ringer" && header.version <= VERSION => continue,
                _ => {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "no tape of a known version",
                    ));
                }
            }
        }
        let Ok(Line { request, response: Some(_), timing }) = serde_json::from_slice(&line) else {
            continue;
        };
        if let Some(head) = timing.first_byte_ms.and_then(duration) {
            let pieces = timing.chunks.iter().filter_map(|(at, ..)| duration(*at));
            times.add(&request.method, &request.target, head, pieces);
        }
    }
    Ok(limit - reader.limit())
}

fn skip_line(reader: &mut impl io::BufRead) -> io::Result<()> {
    loop {
        let held = reader.fill_buf()?;
        if held.is_empty() {
            return Ok(());
        }
        let end = held.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(held.len(), |at| at + 1);
        reader.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

fn duration(ms: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(ms / 1000.0).ok()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use bytes::Bytes;

    use super::*;
    use crate::{
        library::Tape,
        model::{
            Chunk, Ending, Exchange, Headers, RecordedBody, RecordedRequest, RecordedResponse,
            Timing,
        },
        runtime::Seed,
    };

    fn exchange(target: &str, first_byte: u64) -> Exchange {
        let body = || RecordedBody::Bytes(Bytes::from_static(b"x"));
        Exchange {
            number: 1,
            service: ServiceName::new("api.test"),
            started: Duration::ZERO,
            connection: 1,
            address: String::new(),
            upstream: String::new(),
            request: RecordedRequest {
                method: "GET".to_owned(),
                target: target.to_owned(),
                protocol: "HTTP/1.1".to_owned(),
                headers: Headers::new(),
                trailers: Headers::new(),
                body: body(),
            },
            response: Some(RecordedResponse {
                status: 200,
                reason: None,
                protocol: "HTTP/1.1".to_owned(),
                headers: Headers::new(),
                trailers: Headers::new(),
                body: body(),
                interim: Vec::new(),
            }),
            timing: Timing {
                request_end: Some(Duration::ZERO),
                first_byte: Some(Duration::from_millis(first_byte)),
                request_bytes_at_head: 0,
                total: Duration::from_millis(first_byte + 50),
                chunks: vec![
                    Chunk { at: Duration::from_millis(first_byte), size: 1, request_bytes: 0 },
                    Chunk { at: Duration::from_millis(first_byte + 50), size: 1, request_bytes: 0 },
                ],
            },
            ending: Ending::Complete,
        }
    }

    #[test]
    fn endpoints_take_what_their_answers_on_all_tapes_took() {
        let folder = tempfile::tempdir().unwrap();
        let service = ServiceName::new("api.test");
        for (start, first_byte) in [(1_795_416_012, 100), (1_795_417_012, 200)] {
            let started = SystemTime::UNIX_EPOCH + Duration::from_secs(start);
            let at = folder.path().join("api.test");
            let mut tape = Tape::create(&at, &service, started, "https://api.test").unwrap();
            for id in 0..4 {
                tape.append(&exchange(&format!("/items/{id}"), first_byte), None).unwrap();
            }
            // Torn by a kill.
            let path = tape.path().to_owned();
            let mut text = fs::read(&path).unwrap();
            text.extend_from_slice(b"{\"number\":9,\"req");
            fs::write(path, text).unwrap();
        }
        fs::create_dir(folder.path().join(".spool")).unwrap();
        let endpoints = measure(folder.path());
        let learned = endpoints.find(Some(&service), "GET", "/items/77").unwrap();
        let heads: Vec<_> =
            (0..100).map(|hit| learned.head(&mut Seed(1).draws("", b"", hit))).collect();
        let ms = Duration::from_millis;
        assert!(heads.iter().all(|it| (ms(100)..=ms(200)).contains(it)));
        assert!(heads.iter().any(|it| *it == ms(100)) && heads.iter().any(|it| *it == ms(200)));
        assert_eq!(learned.gap(&mut Seed(1).draws("", b"", 0)), ms(50));
    }

    #[test]
    fn no_tapes_say_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let none = measure(&folder.path().join("missing"));
        assert!(none.find(None, "GET", "/").is_none());
    }
}
