//! Flags of `ringer tail`, which follows a ringer that is running.

use clap::Args;
use form_urlencoded::Serializer;

use super::admin_args::AdminArgs;

const WHICH: &str = "Which requests";

/// `ringer tail`.
#[derive(Args, Debug)]
pub struct TailArgs {
    /// Which ringer.
    #[command(flatten)]
    pub ringer: AdminArgs,
    /// Requests that are shown first, of those that are over already
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10)]
    pub last: usize,
    /// End when these are shown
    #[arg(long)]
    pub no_follow: bool,
    /// Show what was sent and answered: header fields and bodies
    #[arg(long)]
    pub bodies: bool,
    /// Print each event as JSON, one a line
    #[arg(long)]
    pub json: bool,
    /// Only these URLs: /v1/*/charges, /v1/**; as all of these, several times for several
    #[arg(long, value_name = "GLOB", help_heading = WHICH)]
    pub url: Vec<String>,
    /// Only these methods
    #[arg(long, value_name = "METHOD", value_delimiter = ',', help_heading = WHICH)]
    pub method: Vec<String>,
    /// Only these statuses: 404, 5xx
    #[arg(long, value_name = "STATUS", value_delimiter = ',', help_heading = WHICH)]
    pub status: Vec<String>,
    /// Only these outcomes: abandoned, failed, injected, limited, missed, nearest, passed, recorded,
    /// stub
    #[arg(long, value_name = "OUTCOME", value_delimiter = ',', help_heading = WHICH)]
    pub outcome: Vec<String>,
    /// Only those of these services
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = WHICH)]
    pub service: Vec<String>,
    /// Only those that these stubs answered, by name or id
    #[arg(long, value_name = "STUB", help_heading = WHICH)]
    pub stub: Vec<String>,
}

impl TailArgs {
    /// The path of the events below `/__admin`; those after `after`, where that is known. `session` is
    /// the only one that is followed.
    pub fn path(&self, session: Option<&str>, after: Option<&str>) -> String {
        let mut query = Serializer::new(String::new());
        match after {
            Some(id) => query.append_pair("after", id),
            None => query.append_pair("last", &self.last.to_string()),
        };
        if let Some(session) = session {
            query.append_pair("session", session);
        }
        let lists = [
            ("url", &self.url),
            ("method", &self.method),
            ("status", &self.status),
            ("outcome", &self.outcome),
            ("service", &self.service),
            ("stub", &self.stub),
        ];
        for (name, values) in lists {
            for value in values {
                query.append_pair(name, value);
            }
        }
        if self.bodies {
            query.append_pair("bodies", "true");
        }
        if self.no_follow {
            query.append_pair("follow", "false");
        }
        format!("/ringer/events?{}", query.finish())
    }
}
