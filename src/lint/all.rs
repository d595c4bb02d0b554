//! Everything that is looked for.

use super::{
    behaviors, conditions, finding::Finding, scenarios, shadow, subject::Subject, templates, urls,
};
/// What is found in stubs that are all right by themselves, in the order of the stubs. Of equal
/// priority, a later stub goes before an earlier one.
pub fn findings(subjects: &[Subject<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, subject) in subjects.iter().enumerate() {
        urls::look(at, subject.stub, &mut found);
        conditions::look(at, subject.stub, &mut found);
        templates::look(at, subject.stub, &mut found);
        behaviors::look(at, subject.stub, &mut found);
    }
    shadow::look(subjects, &mut found);
    scenarios::look(subjects, &mut found);
    found.sort_by_key(|finding| finding.stub);
    found
}
