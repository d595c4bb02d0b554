//! `--record-mappings`: what the default session passes on becomes files.

use std::{path::Path, sync::Arc};

use super::AppError;
use crate::{record::MappingFiles, redaction::Redactor, store::Sessions};

/// Writes mapping files below `root` from now on, where that is asked for.
pub(super) fn follow(
    headers: Option<Vec<String>>,
    root: &Path,
    redactor: &Arc<Redactor>,
    sessions: &Sessions,
) -> Result<Option<MappingFiles>, AppError> {
    let Some(headers) = headers else { return Ok(None) };
    let files = MappingFiles::start(root.to_owned(), headers, Arc::clone(redactor))
        .map_err(AppError::Mappings)?;
    let sink = files.clone();
    sessions.default_session().recording().follow(move |taken| sink.take(taken));
    Ok(Some(files))
}

/// Waits until they are written.
pub(super) async fn finish(files: Option<MappingFiles>) {
    if let Some(files) = files {
        // It waits for the disk.
        let _ = tokio::task::spawn_blocking(move || files.finish()).await;
    }
}
