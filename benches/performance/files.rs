//! Folders of stubs.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::Failure;

/// Mappings a file where it does not matter how many there are.
const BUNDLE: usize = 1_000;
/// Files a folder.
const FOLDER: usize = 1_000;

/// A folder of these mappings, in few files.
pub(crate) fn bundled(mapping: fn(usize) -> Value, stubs: usize) -> Result<TempDir, Failure> {
    let folder = tempfile::tempdir()?;
    let mappings = folder.path().join("stubs/mappings");
    fs::create_dir_all(&mappings)?;
    for first in (0..stubs).step_by(BUNDLE) {
        let bundle: Vec<_> = (first..stubs.min(first + BUNDLE)).map(mapping).collect();
        let text = json!({ "mappings": bundle }).to_string();
        fs::write(mappings.join(format!("from-{first:06}.json")), text)?;
    }
    Ok(folder)
}

/// A folder of files of 500 bytes, one mapping each: `GET /s/N`.
pub(crate) fn single(stubs: usize) -> Result<TempDir, Failure> {
    let folder = tempfile::tempdir()?;
    fs::create_dir_all(folder.path().join("stubs/mappings"))?;
    write_single(folder.path(), stubs, 0)?;
    Ok(folder)
}

/// Writes all of those files (anew); `edition` is in each answer.
pub(crate) fn write_single(folder: &Path, stubs: usize, edition: usize) -> Result<(), Failure> {
    for n in 0..stubs {
        let mappings = folder.join("stubs/mappings").join(format!("{:03}", n / FOLDER));
        if n % FOLDER == 0 {
            fs::create_dir_all(&mappings)?;
        }
        fs::write(mappings.join(format!("stub-{n:06}.json")), mapping_text(n, edition))?;
    }
    Ok(())
}

/// Writes one of those files anew.
pub(crate) fn rewrite_one(folder: &Path, n: usize, edition: usize) -> Result<(), Failure> {
    let mappings = folder.join("stubs/mappings").join(format!("{:03}", n / FOLDER));
    Ok(fs::write(mappings.join(format!("stub-{n:06}.json")), mapping_text(n, edition))?)
}

/// The body of the answer of such a file.
pub(crate) fn body(n: usize, edition: usize) -> String {
    let mut text = format!(r#"{{"id":{n},"edition":{edition},"pad":""#);
    text.extend(std::iter::repeat_n('x', 248_usize.saturating_sub(text.len())));
    text + "\"}"
}

fn mapping_text(n: usize, edition: usize) -> String {
    let mut mapping = json!({
        "name": "",
        "request": {"method": "GET", "urlPath": format!("/s/{n}")},
        "response": {
            "status": 200,
            "headers": {"Content-Type": "application/json"},
            "body": body(n, edition),
        },
    });
    let length = mapping.to_string().len();
    let name = format!("{n}{}", "-".repeat(500_usize.saturating_sub(length + n.to_string().len())));
    if let Some(it) = mapping.get_mut("name") {
        *it = name.into();
    }
    mapping.to_string()
}
