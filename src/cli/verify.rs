//! `ringer verify`: whether the client of a running ringer did what a test expects of it.

use anyhow::Context as _;
use http::Method;
use serde_json::Value;

use super::{
    admin_client::AdminClient,
    expectations::{read, text, write_reports},
    foreground::FAILED,
    global_args::GlobalArgs,
    hint::Advised,
    printer,
    verify_args::VerifyArgs,
};
use crate::{codec::json, verify::from_json};

/// Judges, and exits 1 when something is not as expected.
///
/// # Errors
///
/// The file has mistakes, no ringer answers, or nothing is expected.
pub async fn run(global: &GlobalArgs, args: &VerifyArgs) -> anyhow::Result<u8> {
    let client = AdminClient::new(global, &args.admin)?;
    let answer = match &args.file {
        Some(file) => {
            let document = json::to_serde(&read(file)?.document);
            let document = document.context("the expectations are nested too deeply")?;
            client.call(Method::POST, "/ringer/verify", Some(&document)).await?
        }
        None => {
            let answer = client.call(Method::GET, "/ringer/verification", None).await?;
            let held = answer.get("expectations").and_then(Value::as_array);
            if held.is_some_and(Vec::is_empty) {
                return Err(Advised::new(
                    "nothing is expected of this session",
                    "name a file, `ringer verify expectations.yaml`, or PUT one to \
                     /__admin/ringer/expectations",
                )
                .into());
            }
            answer
        }
    };
    let verdict = from_json(&json::from_serde(answer))
        .context("this ringer tells of its verdict in a way that is not understood here")?;
    write_reports(&args.reports, &verdict)?;
    let is_passed = verdict.is_passed();
    let is_data = args.reports.report.as_deref().is_some_and(|path| path.as_os_str() == "-");
    if is_data {
        printer::say(&text(&verdict));
    } else if !global.quiet || !is_passed {
        printer::data(&(text(&verdict) + "\n"))?;
    }
    Ok(if is_passed { 0 } else { FAILED })
}
