//! Templates of body files, each read once for as long as its content stays.

use std::{path::Path, sync::Arc};

use quick_cache::sync::Cache;

use super::language::{Template, TemplateError};

/// So many files are held.
pub const MAX_FILES: usize = 256;

/// What tells one content of a file from the next: when it was changed, in nanoseconds, and its
/// length.
pub type Stamp = (u128, u64);

/// Templates of body files.
#[derive(Debug)]
pub struct FileTemplates(Cache<Arc<Path>, (Stamp, Arc<Template>)>);

impl Default for FileTemplates {
    fn default() -> Self {
        Self(Cache::new(MAX_FILES))
    }
}

impl FileTemplates {
    /// The template of a file that has this stamp, if it was read before.
    pub fn get(&self, path: &Path, stamp: Stamp) -> Option<Arc<Template>> {
        self.0.get(path).filter(|(known, _)| *known == stamp).map(|(_, template)| template)
    }

    /// Reads the content of a file that has this stamp and remembers it. Bytes that are not UTF-8
    /// become U+FFFD.
    ///
    /// # Errors
    ///
    /// When it is no template.
    pub fn read(
        &self,
        path: &Path,
        stamp: Stamp,
        content: &[u8],
    ) -> Result<Arc<Template>, TemplateError> {
        let template = Arc::new(Template::compile(&String::from_utf8_lossy(content))?);
        self.0.insert(path.into(), (stamp, Arc::clone(&template)));
        Ok(template)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_again_when_it_has_changed() {
        let (files, path) = (FileTemplates::default(), Path::new("a.txt"));
        assert!(files.get(path, (1, 3)).is_none());
        files.read(path, (1, 3), b"one").unwrap();
        assert_eq!(files.get(path, (1, 3)).unwrap().as_static(), Some("one"));
        assert!(files.get(path, (2, 3)).is_none());
    }
}
