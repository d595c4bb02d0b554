//! A stub written into the YAML file that holds its earlier version: what means the same stays as a
//! person wrote it.

use super::{
    source::Syntax,
    stub::{read_mappings, write_value},
};
use crate::{
    codec::{json::Node, yaml},
    model::{Json, Stub},
};

/// A YAML file of one stub.
pub fn write_yaml(stub: &Stub) -> String {
    yaml::write(&write_value(stub))
}

/// The YAML text `old` with its mapping of this stub changed to mean `stub`.
///
/// Only what means something else than before is touched; comments, order and spelling of the rest
/// stay. A text that cannot be read, or holds no such mapping, is replaced but for the comment that it
/// begins with.
pub fn rewrite_yaml(old: &str, stub: &Stub) -> String {
    patched(old, stub).unwrap_or_else(|| yaml::update(old, &write_value(stub)))
}

fn patched(old: &str, stub: &Stub) -> Option<String> {
    let service = stub.service.as_ref();
    let read = |text: &str| read_mappings(text, Syntax::Yaml, service, |_| stub.id);
    let (mappings, problems) = read(old);
    if !problems.is_empty() {
        return None;
    }
    let at = mappings.iter().position(|mapping| mapping.stub.id == stub.id)?;
    let before = write_value(&mappings.get(at)?.stub);
    let mut documents = yaml::parse_spanned(old).0;
    let document = documents.pop().filter(|_| documents.is_empty()).map(Node::into_json)?;
    let after = write_value(stub);
    let is_done = |text: &String| {
        let (mappings, problems) = read(text);
        problems.is_empty()
            && mappings.get(at).is_some_and(|mapping| write_value(&mapping.stub) == after)
    };
    let with = |make: &dyn Fn(&Json) -> Json| {
        let mut document = document.clone();
        let mapping = mapping_in(&mut document, at)?;
        *mapping = make(mapping);
        Some(yaml::update(old, &document))
    };
    with(&|mapping| changed(mapping, &before, &after))
        .filter(is_done)
        .or_else(|| with(&|_| after.clone()).filter(is_done))
}

/// The mapping at a place in a document, which may be the only one.
fn mapping_in(document: &mut Json, at: usize) -> Option<&mut Json> {
    let is_file = document.member("mappings").is_some();
    if !is_file && !matches!(document, Json::Array(_)) {
        return Some(document);
    }
    let list = match document {
        Json::Object(members) => {
            members.iter_mut().find(|(name, _)| name == "mappings").map(|(_, list)| list)?
        }
        list => list,
    };
    match list {
        Json::Array(items) => items.get_mut(at),
        _ => None,
    }
}

/// `given` with the difference between `before` and `after` made in it. Its depth is that of a
/// mapping, which is bounded.
fn changed(given: &Json, before: &Json, after: &Json) -> Json {
    match (given, before, after) {
        _ if before == after => given.clone(),
        (Json::Object(given), Json::Object(_), Json::Object(wanted)) => {
            let is_gone =
                |name: &str| before.member(name).is_some() && after.member(name).is_none();
            let mut members = given.clone();
            members.retain(|(name, _)| !is_gone(name));
            for (name, value) in wanted {
                let was = before.member(name);
                if was == Some(value) {
                    continue;
                }
                match (members.iter_mut().find(|(other, _)| other == name), was) {
                    (Some((_, here)), Some(was)) => *here = changed(here, was, value),
                    (Some((_, here)), None) => *here = value.clone(),
                    (None, _) => members.push((name.clone(), value.clone())),
                }
            }
            Json::Object(members)
        }
        (Json::Array(given), Json::Array(before), Json::Array(after))
            if given.len() == before.len() =>
        {
            let item = |(at, after): (usize, &Json)| match (given.get(at), before.get(at)) {
                (Some(given), Some(before)) => changed(given, before, after),
                _ => after.clone(),
            };
            Json::Array(after.iter().enumerate().map(item).collect())
        }
        _ => after.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::round_trip::{has_unique_names, stub},
        *,
    };
    use crate::model::{BodySpec, StubId};

    fn one(text: &str) -> Stub {
        let (mut mappings, problems) =
            read_mappings(text, Syntax::Yaml, None, |_| StubId::default());
        assert_eq!(problems, []);
        mappings.remove(0).stub
    }

    #[test]
    fn only_what_means_something_else_is_touched() {
        let text = "\
# Books.
name: books
request: {url: /books, method: ANY} # any way
response:
  # as of 2024
  jsonBody: {total: 1}
";
        let mut stub = one(text);
        assert_eq!(rewrite_yaml(text, &stub), text);
        stub.responses.steps[0].response.status = 503;
        stub.priority = Some(1);
        let changed = rewrite_yaml(text, &stub);
        assert_eq!(changed, format!("{text}  status: 503\npriority: 1\n"));
        assert_eq!(one(&changed), stub);
    }

    #[test]
    fn one_mapping_of_several_is_changed() {
        let (a, b) =
            ("00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b");
        let text = format!(
            "- id: {a}\n  response: {{body: a}}\n# the second\n- id: {b}\n  response:\n    body: b # b\n"
        );
        let (mappings, _) = read_mappings(&text, Syntax::Yaml, None, |_| StubId::default());
        let mut stub = mappings[1].stub.clone();
        stub.responses.steps[0].response.body = BodySpec::Text("c".into());
        assert_eq!(rewrite_yaml(&text, &stub), text.replace("body: b # b", "body: c # b"));
    }

    proptest! {
        // Whole stubs, written and read up to six times a case.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn yaml_reads_as_the_same_stub_as_json(stub in stub()) {
            prop_assume!(has_unique_names(&write_value(&stub)));
            let (mappings, problems) =
                read_mappings(&write_yaml(&stub), Syntax::Yaml, None, |_| StubId::default());
            prop_assert_eq!(problems, []);
            prop_assert_eq!(write_value(&mappings[0].stub), write_value(&stub));
        }

        #[test]
        fn a_rewritten_file_holds_the_new_stub(old in stub(), new in stub()) {
            prop_assume!(has_unique_names(&write_value(&old)) && has_unique_names(&write_value(&new)));
            let new = Stub { id: old.id, ..new };
            let text = rewrite_yaml(&write_yaml(&old), &new);
            prop_assert_eq!(write_value(&one(&text)), write_value(&new), "{}", text);
        }
    }
}
