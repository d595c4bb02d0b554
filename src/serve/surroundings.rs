//! What templates see of the world around them: the time, this machine's name, its variables.

use std::{sync::Arc, time::SystemTime};

use jiff::Timestamp;
use rand::Rng;

use super::{settings::Answers, system_keys::SystemKeys};
use crate::{
    engine::LazyKeys,
    render::{
        FileTemplates,
        template::{Env, State},
    },
};

/// What templates see of the world around them.
pub(super) struct Surroundings {
    hostname: String,
    permitted: SystemKeys,
    keys: Arc<LazyKeys>,
    /// Templates of body files.
    pub(super) files: FileTemplates,
}

impl Surroundings {
    pub(super) fn new(answers: &Answers, keys: Arc<LazyKeys>) -> Self {
        // The name of the machine; where there is no such file, a name that every machine has.
        let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let hostname = match hostname.trim() {
            "" => "localhost".to_owned(),
            name => name.to_owned(),
        };
        let permitted = answers.permitted_system_keys.clone();
        Self { hostname, permitted, keys, files: FileTemplates::default() }
    }

    /// The surroundings of one rendering.
    pub(super) fn env<'e>(
        &'e self,
        now: SystemTime,
        random: &'e mut dyn Rng,
        values: &'e mut dyn State,
    ) -> Env<'e> {
        Env {
            now: Timestamp::try_from(now).unwrap_or_default(),
            random,
            hostname: &self.hostname,
            system: Some(&self.permitted),
            state: Some(values),
            keys: Some(&*self.keys),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        render::{Template, template::Value},
        runtime::Seed,
        store::Values,
    };

    #[test]
    fn now_is_the_time_that_was_given_and_not_the_machine_s() {
        let surroundings = Surroundings::new(&Answers::default(), Arc::new(LazyKeys::new(|| None)));
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 * 365);
        let mut random = Seed(0).draws("", b"", 0);
        let values = Values::default();
        let mut values = &values;
        let mut env = surroundings.env(now, &mut random, &mut values);
        let template = Template::compile("{{now format='yyyy-MM-dd'}}").unwrap();
        assert_eq!(template.render(&Value::Null, &mut env).unwrap(), "1971-01-01");
    }
}
