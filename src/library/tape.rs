//! The tape: what happened, in order, one exchange a line; written by appending only.
//!
//! `recordings/<service>/<start>.jsonl`, its large bodies beside in `recordings/<service>/bodies/`.
//! The format is described in `docs/tape.md`.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use jiff::{Timestamp, Unit};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{
    tape_line::{BodyLine, ExchangeLine, HeaderLine},
    tape_written::{WrittenBody, WrittenLine},
    writer::{self, Source, WriteError},
};
use crate::{
    codec::encoding,
    model::{Coding, Exchange, Headers, RecordedBody, ServiceName, StubId},
};

/// The version of the format that is written, and the newest that is read.
pub const VERSION: u32 = 1;

/// Larger bodies lie beside the tape.
const MAX_INLINE: usize = 64 * 1024;

/// A coded body that decodes to more than this is kept coded.
const MAX_DECODED: usize = 1 << 20;

/// Memory for lines that wait is kept up to this size, in bytes.
const MAX_KEPT: usize = 256 * 1024;

/// A tape that is being written.
#[derive(Debug)]
pub struct Tape {
    path: PathBuf,
    bodies: PathBuf,
    file: File,
    /// Where the last whole line ends.
    end: u64,
    /// Whole lines that are not in the file yet.
    waiting: Vec<u8>,
}

/// What a tape says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapeHeader {
    /// The format's version.
    pub version: u32,
    /// The service that was recorded.
    pub service: ServiceName,
    /// When the recording began; offsets count from here.
    pub started: SystemTime,
    /// `scheme://host[:port]` that was recorded; empty where there were several.
    pub upstream: String,
}

/// A line of a tape.
#[derive(Clone, Debug)]
pub struct TapeEntry {
    /// What happened.
    pub exchange: Exchange,
    /// The stub that it went to; `None` when it is on the tape alone.
    pub stub: Option<StubId>,
}

/// Why a tape cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TapeError {
    /// A line is no exchange, or the first no header.
    #[error("`{}`, line {line}: {message}", path.display())]
    Line {
        /// The tape.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The tape.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It was written by a newer ringer.
    #[error("`{}` is a tape of version {version}; this ringer reads up to {VERSION}", path.display())]
    Version {
        /// The tape.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
}

impl Tape {
    /// Starts a tape in `folder`, the service's folder under `recordings`.
    ///
    /// # Errors
    ///
    /// The folder or the file cannot be made.
    pub fn create(
        folder: &Path,
        service: &ServiceName,
        started: SystemTime,
        upstream: &str,
    ) -> Result<Self, WriteError> {
        fs::create_dir_all(folder).map_err(|error| WriteError::new(folder, error))?;
        let moment = Timestamp::try_from(started)
            .and_then(|moment| moment.round(Unit::Second))
            .unwrap_or(Timestamp::UNIX_EPOCH);
        let stem = moment.strftime("%Y-%m-%dT%H-%M-%SZ").to_string();
        let (path, file) = create_new(folder, &stem)?;
        let mut tape =
            Self { path, bodies: folder.join("bodies"), file, end: 0, waiting: Vec::new() };
        let header = HeaderLine {
            tape: "ringer".to_owned(),
            version: VERSION,
            service: service.as_str().to_owned(),
            started: moment.to_string(),
            upstream: upstream.to_owned(),
        };
        tape.push_line(&header)?;
        tape.write()?;
        Ok(tape)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends an exchange and the stub that it went to. Bodies in files are linked or copied, and
    /// stay where they are.
    ///
    /// # Errors
    ///
    /// As [`Self::push`] and [`Self::write`].
    pub fn append(&mut self, exchange: &Exchange, stub: Option<StubId>) -> Result<(), WriteError> {
        self.push(exchange, stub)?;
        self.write()
    }

    /// As [`Self::append`], but the line waits for [`Self::write`]: lines that come together are written
    /// together.
    ///
    /// # Errors
    ///
    /// A body beside cannot be written. Nothing of the line stays then, so that it can be pushed again.
    pub fn push(&mut self, exchange: &Exchange, stub: Option<StubId>) -> Result<(), WriteError> {
        let request = &exchange.request;
        let request_body = self.keep(&request.headers, &request.body)?;
        let response_body = match &exchange.response {
            Some(response) => self.keep(&response.headers, &response.body)?,
            None => WrittenBody::default(),
        };
        self.push_line(&WrittenLine::new(exchange, stub, request_body, response_body))
    }

    /// Whether lines wait to be written.
    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Writes the lines that wait.
    ///
    /// # Errors
    ///
    /// They cannot be written. Nothing of them is in the file then, and they wait on.
    pub fn write(&mut self) -> Result<(), WriteError> {
        match self.file.write_all(&self.waiting) {
            Ok(()) => {
                self.end += self.waiting.len() as u64;
                self.waiting.clear();
                self.waiting.shrink_to(MAX_KEPT);
                Ok(())
            }
            Err(error) => {
                // Half a line in the middle would make a tape that cannot be read.
                if let Err(error) = self.file.set_len(self.end) {
                    tracing::warn!(%error, tape = %self.path.display(), "half a line stays on the tape");
                }
                Err(WriteError::new(&self.path, error))
            }
        }
    }

    /// Makes what was appended last through a loss of power.
    ///
    /// # Errors
    ///
    /// The system could not do it.
    pub fn sync(&self) -> Result<(), WriteError> {
        self.file.sync_data().map_err(|error| WriteError::new(&self.path, error))
    }

    fn push_line(&mut self, line: &impl serde::Serialize) -> Result<(), WriteError> {
        let before = self.waiting.len();
        if let Err(error) = serde_json::to_writer(&mut self.waiting, line) {
            self.waiting.truncate(before);
            return Err(WriteError::new(&self.path, io::Error::other(error)));
        }
        self.waiting.push(b'\n');
        Ok(())
    }

    fn keep<'e>(
        &self,
        headers: &Headers,
        body: &'e RecordedBody,
    ) -> Result<WrittenBody<'e>, WriteError> {
        let bytes = match body {
            RecordedBody::Bytes(bytes) if bytes.len() <= MAX_INLINE => bytes,
            RecordedBody::Bytes(bytes) => {
                let sha256 = Sha256::digest(bytes).into();
                return self.keep_beside(Source::Bytes(bytes), bytes.len() as u64, sha256);
            }
            RecordedBody::File { path, length, sha256 } => {
                return self.keep_beside(Source::File(path), *length, *sha256);
            }
        };
        if bytes.is_empty() {
            return Ok(WrittenBody::default());
        }
        if let Some((coding, text)) = decoded(headers, bytes) {
            let coding = Some(coding.token());
            return Ok(WrittenBody { text: Some(text.into()), coding, ..WrittenBody::default() });
        }
        Ok(match std::str::from_utf8(bytes) {
            Ok(text) => WrittenBody { text: Some(text.into()), ..WrittenBody::default() },
            Err(_) => {
                WrittenBody { base64: Some(STANDARD.encode(bytes)), ..WrittenBody::default() }
            }
        })
    }

    fn keep_beside(
        &self,
        source: Source<'_>,
        length: u64,
        sha256: [u8; 32],
    ) -> Result<WrittenBody<'static>, WriteError> {
        let name = hex(&sha256);
        writer::place(source, &self.bodies.join(&name))?;
        Ok(WrittenBody { file: Some(name), length: Some(length), ..WrittenBody::default() })
    }
}

/// Reads a tape. A last line that was cut off, as a kill does, is reported and left out.
///
/// # Errors
///
/// The file cannot be read, is no tape, or has a broken line before the last.
pub fn read(path: &Path) -> Result<(TapeHeader, Vec<Exchange>), TapeError> {
    let (header, entries) = read_entries(path)?;
    Ok((header, entries.into_iter().map(|entry| entry.exchange).collect()))
}

/// As [`read`], with the stub that each exchange went to.
///
/// # Errors
///
/// As [`read`].
pub fn read_entries(path: &Path) -> Result<(TapeHeader, Vec<TapeEntry>), TapeError> {
    let bytes = fs::read(path).map_err(|source| TapeError::Read { path: path.into(), source })?;
    let wrong = |line, message| TapeError::Line { path: path.into(), line, message };
    let ends_whole = bytes.ends_with(b"\n");
    let mut lines: Vec<&[u8]> =
        bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).collect();
    let n_lines = lines.len();
    if !ends_whole && n_lines > 1 {
        tracing::warn!(tape = %path.display(), line = n_lines, "the last line was cut off: left out");
        lines.pop();
    }
    let mut lines = lines.into_iter().enumerate();
    let (_, first) = lines.next().ok_or_else(|| wrong(1, "the tape is empty".to_owned()))?;
    let header = header_of(path, first)?;
    let bodies = path.parent().unwrap_or(Path::new(".")).join("bodies");
    let mut entries = Vec::new();
    for (at, text) in lines {
        let wrong = |message: String| wrong(at + 1, message);
        let line: ExchangeLine =
            serde_json::from_slice(text).map_err(|error| wrong(error.to_string()))?;
        let body = |line: &BodyLine| body_of(line, &bodies).map_err(wrong);
        let request_body = body(&line.request.body)?;
        let response_body = match &line.response {
            Some(response) => body(&response.body)?,
            None => RecordedBody::Bytes(Bytes::new()),
        };
        let (exchange, stub) =
            line.into_exchange(header.service.clone(), request_body, response_body);
        entries.push(TapeEntry { exchange, stub });
    }
    Ok((header, entries))
}

fn header_of(path: &Path, text: &[u8]) -> Result<TapeHeader, TapeError> {
    let wrong = |message| TapeError::Line { path: path.into(), line: 1, message };
    let line: HeaderLine = serde_json::from_slice(text)
        .map_err(|error| wrong(format!("this is no header of a tape: {error}")))?;
    if line.tape != "ringer" {
        return Err(wrong(format!("this is a tape of `{}`, expected `ringer`", line.tape)));
    }
    if line.version > VERSION {
        return Err(TapeError::Version { path: path.into(), version: line.version });
    }
    let started: Timestamp = line
        .started
        .parse()
        .map_err(|error| wrong(format!("`started` is no RFC 3339 time: {error}")))?;
    Ok(TapeHeader {
        version: line.version,
        service: ServiceName::new(&line.service),
        started: started.into(),
        upstream: line.upstream,
    })
}

fn body_of(line: &BodyLine, bodies: &Path) -> Result<RecordedBody, String> {
    let bytes = match (&line.text, &line.base64, &line.file) {
        (Some(text), _, _) => match &line.coding {
            Some(token) => {
                let coding = Coding::from_token(token)
                    .ok_or_else(|| format!("`coding` is `{token}`, which ringer cannot make"))?;
                encoding::encode(coding, text.as_bytes()).map_err(|error| error.to_string())?
            }
            None => text.clone().into_bytes(),
        },
        (None, Some(base64), _) => {
            STANDARD.decode(base64).map_err(|error| format!("`base64`: {error}"))?
        }
        (None, None, Some(name)) => {
            let sha256 = unhex(name).ok_or_else(|| format!("`file` is `{name}`, no SHA-256"))?;
            let length = line.length.unwrap_or_default();
            return Ok(RecordedBody::File { path: bodies.join(name), length, sha256 });
        }
        (None, None, None) => Vec::new(),
    };
    Ok(RecordedBody::Bytes(bytes.into()))
}

/// A coded text, decoded so that people can read and search the tape. Read back it is coded anew: the
/// same content, maybe in other bytes.
fn decoded(headers: &Headers, bytes: &Bytes) -> Option<(Coding, String)> {
    let coding = Coding::from_token(headers.get("content-encoding")?)?;
    let plain = encoding::decode(coding, bytes, MAX_DECODED).ok()?;
    Some((coding, String::from_utf8(plain).ok()?))
}

fn create_new(folder: &Path, stem: &str) -> Result<(PathBuf, File), WriteError> {
    let mut n = 1;
    loop {
        let suffix = if n == 1 { String::new() } else { format!("-{n}") };
        let path = folder.join(format!("{stem}{suffix}.jsonl"));
        // Appending, so that a cut back to the last whole line is where the next one starts.
        match OpenOptions::new().append(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && n < 10_000 => n += 1,
            Err(error) => return Err(WriteError::new(path, error)),
        }
    }
}

fn hex(sha256: &[u8; 32]) -> String {
    sha256.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{Chunk, Ending, RecordedRequest, RecordedResponse, Timing};

    fn exchange(number: u64, body: &[u8]) -> Exchange {
        let mut headers = Headers::new();
        headers.push("X-CamelCase", "One");
        headers.push("x-camelcase", "Two");
        Exchange {
            number,
            service: ServiceName::new("api.test"),
            started: Duration::from_micros(1_234_567),
            connection: 3,
            address: "http://127.0.0.1:8080".to_owned(),
            upstream: "https://api.test".to_owned(),
            request: RecordedRequest {
                method: "PUT".to_owned(),
                target: "/ü?a=%2F".to_owned(),
                protocol: "HTTP/1.1".to_owned(),
                headers: headers.clone(),
                trailers: Headers::new(),
                body: RecordedBody::Bytes(Bytes::copy_from_slice(body)),
            },
            response: Some(RecordedResponse {
                status: 200,
                reason: Some("Fine".to_owned()),
                protocol: "HTTP/2".to_owned(),
                headers: headers.clone(),
                trailers: headers,
                body: RecordedBody::Bytes(Bytes::from_static(b"\xff\0")),
                interim: vec![(103, Headers::new())],
            }),
            timing: Timing {
                request_end: Some(Duration::from_micros(1)),
                first_byte: Some(Duration::from_micros(2_500)),
                request_bytes_at_head: 7,
                total: Duration::from_millis(3),
                chunks: vec![Chunk { at: Duration::from_micros(2_750), size: 2, request_bytes: 7 }],
            },
            ending: Ending::UpstreamBroke("reset".to_owned()),
        }
    }

    fn new_tape(folder: &Path) -> Tape {
        let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_416_012);
        Tape::create(folder, &ServiceName::new("api.test"), started, "https://api.test").unwrap()
    }

    #[test]
    fn what_happened_is_read_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut tape = new_tape(folder.path());
        let written = [exchange(1, b"{\"a\":1}"), exchange(2, b""), exchange(3, "ü\n".as_bytes())];
        let stub = StubId(uuid::Uuid::from_u128(7));
        for exchange in &written {
            tape.append(exchange, Some(stub)).unwrap();
        }
        tape.sync().unwrap();
        let (header, entries) = read_entries(tape.path()).unwrap();
        assert_eq!(header.service.as_str(), "api.test");
        assert_eq!(header.upstream, "https://api.test");
        assert_eq!(entries.len(), 3);
        for (read, written) in entries.iter().zip(&written) {
            assert_eq!(format!("{:?}", read.exchange), format!("{written:?}"));
            assert_eq!(read.stub, Some(stub));
        }
    }

    #[test]
    fn the_file_is_named_after_its_start_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let names = [new_tape(folder.path()), new_tape(folder.path())]
            .map(|tape| tape.path().file_name().unwrap().to_str().unwrap().to_owned());
        assert_eq!(names, ["2026-11-23T06-40-12Z.jsonl", "2026-11-23T06-40-12Z-2.jsonl"]);
        let text = fs::read_to_string(folder.path().join(&names[0])).unwrap();
        assert_eq!(
            text,
            "{\"tape\":\"ringer\",\"version\":1,\"service\":\"api.test\",\
             \"started\":\"2026-11-23T06:40:12Z\",\"upstream\":\"https://api.test\"}\n"
        );
    }

    #[test]
    fn texts_are_readable_and_coded_ones_decoded() {
        let folder = tempfile::tempdir().unwrap();
        let mut tape = new_tape(folder.path());
        let gzip = encoding::encode(Coding::Gzip, b"hello").unwrap();
        let mut coded = exchange(1, &gzip);
        coded.request.headers.push("Content-Encoding", "gzip");
        tape.append(&coded, None).unwrap();
        let text = fs::read_to_string(tape.path()).unwrap();
        assert!(text.contains(r#""body":{"text":"hello","coding":"gzip"}"#), "{text}");
        assert!(text.contains(r#""body":{"base64":"/wA="}"#), "{text}");
        let (_, exchanges) = read(tape.path()).unwrap();
        assert_eq!(exchanges[0].request.body.bytes().unwrap(), &gzip);
    }

    #[test]
    fn large_bodies_lie_beside_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut tape = new_tape(folder.path());
        let large = vec![b'x'; MAX_INLINE + 1];
        let spool = folder.path().join("spool");
        fs::write(&spool, &large).unwrap();
        let sha256 = Sha256::digest(&large).into();
        let mut on_disk = exchange(2, b"");
        on_disk.request.body =
            RecordedBody::File { path: spool, length: large.len() as u64, sha256 };
        tape.append(&exchange(1, &large), None).unwrap();
        tape.append(&on_disk, None).unwrap();
        let bodies: Vec<_> = fs::read_dir(folder.path().join("bodies")).unwrap().collect();
        assert_eq!(bodies.len(), 1);
        let (_, exchanges) = read(tape.path()).unwrap();
        for exchange in exchanges {
            let RecordedBody::File { path, length, .. } = exchange.request.body else {
                panic!("in memory")
            };
            assert_eq!((fs::read(path).unwrap(), length), (large.clone(), large.len() as u64));
        }
    }

    #[test]
    fn a_torn_last_line_costs_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let mut tape = new_tape(folder.path());
        tape.append(&exchange(1, b"a"), None).unwrap();
        tape.append(&exchange(2, b"b"), None).unwrap();
        let whole = fs::read(tape.path()).unwrap();
        let header = whole.iter().position(|&byte| byte == b'\n').unwrap();
        for cut in header + 1..whole.len() {
            fs::write(tape.path(), &whole[..cut]).unwrap();
            let (_, exchanges) = read(tape.path()).unwrap();
            let complete = whole[header + 1..cut].iter().filter(|&&byte| byte == b'\n').count();
            assert_eq!(exchanges.len(), complete, "cut at {cut}");
        }
    }

    #[test]
    fn a_broken_line_in_the_middle_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut tape = new_tape(folder.path());
        tape.append(&exchange(1, b"a"), None).unwrap();
        let text = fs::read_to_string(tape.path()).unwrap();
        fs::write(tape.path(), text.replace("\"number\":1", "\"number\":x")).unwrap();
        let error = read(tape.path()).unwrap_err().to_string();
        assert!(error.contains(".jsonl`, line 2: expected value"), "{error}");
        fs::write(tape.path(), text.replace("\"version\":1", "\"version\":2")).unwrap();
        assert!(read(tape.path()).unwrap_err().to_string().contains("reads up to 1"));
        fs::write(tape.path(), "").unwrap();
        assert!(read(tape.path()).unwrap_err().to_string().contains("is empty"));
    }
}
