//! `ringer check`: reads what the app would read and reports every mistake.
use super::args::{CheckArgs, GlobalArgs};
/// x
pub fn run(_global: &GlobalArgs, _args: &CheckArgs) -> anyhow::Result<u8> {
    Ok(0)
}
