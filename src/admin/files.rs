//! `/files`: the bodies that stubs name.

use std::io;

use bytes::Bytes;
use http::Response;

use super::{
    call::{self, Answer, Call},
    problem::Problem,
};
use crate::{library::writer::write_whole, model::Json};

/// More files than this are not listed.
const MAX_LISTED: usize = 100_000;

pub(super) fn list(call: &Call<'_>) -> Answer {
    let names = call.parts.body_files.list(MAX_LISTED);
    Ok(call::json(&Json::Array(names.into_iter().map(Json::from).collect())))
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    let path = call.parts.body_files.path(None, call.variable);
    let path = path.map_err(|_| Problem::not_found())?;
    let bytes = std::fs::read(path).map_err(|_| Problem::not_found())?;
    if call.parts.is_shared {
        // WireMock does not say what it is.
        return Ok(Response::new(Bytes::from(bytes)));
    }
    Ok(call::typed("application/octet-stream", bytes))
}

pub(super) fn put(call: &Call<'_>) -> Answer {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let path = call.parts.body_files.place_to_write(None, call.variable);
    let path = path.map_err(|error| Problem::bad_request(error.to_string()))?;
    write_whole(&path, call.body).map_err(|error| not_written(&error.source))?;
    call.parts.keeper.stubs().forget_bodies();
    Ok(call::json(&BASE64_STANDARD.encode(call.body).into()))
}

/// Whether the name is at fault, or the disk.
fn not_written(error: &io::Error) -> Problem {
    let is_by_name = matches!(
        error.kind(),
        io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidFilename
    );
    if is_by_name {
        return Problem::bad_request(format!("no file can have this name: {error}"));
    }
    Problem::failed("The file cannot be written", error.to_string())
}

pub(super) fn delete(call: &Call<'_>) -> Answer {
    let files = &call.parts.body_files;
    if let Ok(path) = files.path(None, call.variable) {
        std::fs::remove_file(path)
            .map_err(|error| Problem::failed("The file cannot be removed", error.to_string()))?;
        call.parts.keeper.stubs().forget_bodies();
    }
    Ok(call::empty())
}
