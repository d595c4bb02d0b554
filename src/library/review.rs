//! What stubs say that they hardly mean, found in all files together and shown at its place.

use std::{collections::BTreeSet, fs, ops::Range, path::PathBuf};

use walkdir::WalkDir;

use super::{
    body_files::BodyFiles,
    loaded::{Loaded, LoadedFile},
    located::{Located, locate_all},
    reader::Reader,
};
use crate::{
    format::{
        Problem, rule,
        wiremock::{self, Syntax},
    },
    lint::{self, Finding, Subject},
    model::{BodySpec, ServiceName, Stub, StubId},
};

/// So many body files are looked at.
const MAX_BODY_FILES: usize = 100_000;

impl Reader {
    /// Looks for what is no mistake of form: stubs that never answer, conditions that nothing meets,
    /// body files that no stub names. In the order of the files.
    pub fn review(&self, loaded: &Loaded) -> Vec<Located> {
        let names: Vec<String> = loaded
            .files
            .iter()
            .map(|file| {
                let below = file.path.strip_prefix(self.root()).unwrap_or(&file.path);
                below.display().to_string()
            })
            .collect();
        let places: Vec<(usize, &Stub)> = loaded
            .files
            .iter()
            .enumerate()
            .flat_map(|(at, file)| file.stubs.iter().map(move |stub| (at, stub)))
            .collect();
        let subjects: Vec<Subject<'_>> = places
            .iter()
            .map(|(at, stub)| Subject { stub, file: names.get(*at).map_or("", String::as_str) })
            .collect();
        let is_whole = loaded.problems().next().is_none();
        let mut of_files: Vec<Vec<(StubId, Finding)>> = vec![Vec::new(); loaded.files.len()];
        for finding in lint::findings(&subjects) {
            // A stub that could not be read may be the one that leads to the state.
            let needs_all =
                finding.rule == rule::STATE_NEVER_REACHED || finding.rule == rule::STATE_UNUSED;
            if needs_all && !is_whole {
                continue;
            }
            let Some((file, stub)) = places.get(finding.stub) else { continue };
            if let Some(of_file) = of_files.get_mut(*file) {
                of_file.push((stub.id, finding));
            }
        }
        let mut located: Vec<Located> = loaded
            .files
            .iter()
            .zip(of_files)
            .filter(|(_, findings)| !findings.is_empty())
            .flat_map(|(file, findings)| self.locate(file, findings))
            .collect();
        located.extend(self.unused_bodies(loaded));
        located
    }

    /// The file is read once more: findings are few, and texts of all files many.
    fn locate(&self, file: &LoadedFile, findings: Vec<(StubId, Finding)>) -> Vec<Located> {
        let Ok(text) = fs::read_to_string(&file.path) else { return Vec::new() };
        let syntax = Syntax::of(&file.path).unwrap_or_default();
        let ids = self.fallback_ids(&file.path);
        let (mappings, _) = wiremock::read_mappings(&text, syntax, file.service.as_ref(), ids);
        let problems = findings.into_iter().filter_map(|(id, finding)| {
            let mapping = mappings.iter().find(|mapping| mapping.stub.id == id)?;
            let Finding { rule, pointer, inside, message, hint, .. } = finding;
            let span = wiremock::locate(&text, syntax, &mapping.span, &pointer);
            let span = inside.and_then(|at| within(&text, &span, at)).unwrap_or(span);
            Some(Problem { rule, span, message, hint })
        });
        locate_all(&file.path, &text, syntax, problems.collect())
    }

    /// Files in `__files` that no stub names.
    fn unused_bodies(&self, loaded: &Loaded) -> Vec<Located> {
        let bodies = BodyFiles::new(self.root());
        let used: BTreeSet<&PathBuf> = loaded.files.iter().flat_map(|file| &file.bodies).collect();
        let mut services: BTreeSet<Option<&ServiceName>> = BTreeSet::from([None]);
        services.extend(loaded.files.iter().map(|file| file.service.as_ref()));
        let mut unused = Vec::new();
        for service in services {
            // A name that is a template may be that of any file; a file that cannot be read, too.
            let mut files = loaded.files.iter().filter(|file| file.service.as_ref() == service);
            if files.any(|file| !file.problems.is_empty() || file.stubs.iter().any(names_any)) {
                continue;
            }
            let folder = bodies.folder(service);
            let entries = WalkDir::new(&folder).sort_by_file_name().into_iter().flatten();
            for entry in entries.take(MAX_BODY_FILES) {
                let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
                if !entry.file_type().is_file()
                    || is_hidden
                    || used.contains(&entry.path().to_owned())
                {
                    continue;
                }
                let message = "no stub names this body file";
                let hint = "name it as `bodyFileName`, or take it away".to_owned();
                let located = Located::whole_file(entry.path(), message, Some(hint));
                unused.push(Located { rule: rule::BODY_FILE_UNUSED, ..located });
            }
        }
        unused
    }
}

fn names_any(stub: &Stub) -> bool {
    let mut steps = stub.responses.steps.iter();
    steps.any(|step| {
        matches!(&step.response.body, BodySpec::File(name) if name.contains("{{"))
            || step.response.asks_for_templating()
    })
}

/// A place inside of a string that is written as it is, without escapes.
fn within(text: &str, span: &Range<usize>, at: usize) -> Option<Range<usize>> {
    let written = text.get(span.clone())?;
    let inner = written.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains(['\\', '\n']) || at > inner.len() {
        return None;
    }
    let start = span.start + 1 + at;
    let rest = inner.get(at..)?;
    let length = rest.find("}}").map_or(rest.len(), |end| end + 2);
    Some(start..start + length)
}
