//! The table: on the terminal, as JSON, and in a page.

use std::{fmt::Write as _, fs, path::Path};

use serde_json::{Value, json};

use super::{Failure, machine, options::Options};

/// Between these two lines of a page stands what [`Report::finish`] writes.
const BEGIN: &str =
    "<!-- figures: cargo bench --bench performance -- --markdown docs/performance.md -->";
const END: &str = "<!-- end of figures -->";

/// What shall hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// Ours ÷ the reference's is at most this.
    Ratio(f64),
    /// Ours is at most this.
    Ours(f64),
    /// Ours is above the reference's by at most this.
    Beyond(f64),
}

/// A figure.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) ours: f64,
    pub(crate) reference: Option<f64>,
    pub(crate) ratio: Option<f64>,
    pub(crate) goal: Option<Goal>,
    /// The reference's figure and ours, round by round.
    pub(crate) rounds: Vec<[f64; 2]>,
    pub(crate) note: String,
    /// Whether the figure is bought with what comes too late: then no goal is met.
    pub(crate) is_late: bool,
}

impl Row {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    fn is_met(&self) -> Option<bool> {
        let goal = self.goal?;
        if self.is_late {
            return Some(false);
        }
        Some(match goal {
            Goal::Ratio(limit) => self.ratio? <= limit,
            Goal::Ours(limit) => self.ours <= limit,
            Goal::Beyond(limit) => self.ours - self.reference? <= limit,
        })
    }

    /// The figures as they are shown: ours, the reference's, the ratio, the goal, whether it is met.
    fn cells(&self) -> [String; 5] {
        let reference = self.reference.map(shown).unwrap_or_default();
        let ratio = self.ratio.map(|it| format!("{it:.2}")).unwrap_or_default();
        let goal = match self.goal {
            Some(Goal::Ratio(limit)) => format!("≤ {limit:.2}"),
            Some(Goal::Ours(limit)) => format!("≤ {}", shown(limit)),
            Some(Goal::Beyond(limit)) => format!("≤ +{}", shown(limit)),
            None => String::new(),
        };
        let is_met = match self.is_met() {
            Some(true) => "met",
            Some(false) => "missed",
            None => "",
        };
        [shown(self.ours), reference, ratio, goal, is_met.to_owned()]
    }
}

struct Section {
    title: &'static str,
    unit: &'static str,
    rows: Vec<Row>,
}

pub(crate) struct Report {
    machine: Value,
    sections: Vec<Section>,
}

impl Report {
    pub(crate) fn new(options: &Options) -> Self {
        let machine = machine::describe(options);
        println!("{}", sentence(&machine));
        Self { machine, sections: Vec::new() }
    }

    /// What follows is of this kind, in this unit.
    pub(crate) fn section(&mut self, title: &'static str, unit: &'static str) {
        println!(
            "\n{title:<36} {:>10} {:>10} {:>7} {:>9}",
            format!("ringer {unit}").trim_end(),
            format!("hyper {unit}").trim_end(),
            "ratio",
            "goal"
        );
        self.sections.push(Section { title, unit, rows: Vec::new() });
    }

    pub(crate) fn add(&mut self, row: Row) {
        let [ours, reference, ratio, goal, is_met] = row.cells();
        let line = format!(
            "{:<36} {ours:>10} {reference:>10} {ratio:>7} {goal:>9} {is_met:<6} {}",
            row.name, row.note
        );
        println!("{}", line.trim_end());
        if let Some(section) = self.sections.last_mut() {
            section.rows.push(row);
        }
    }

    /// Writes what the command line asks for.
    pub(crate) fn finish(&self, options: &Options) -> Result<(), Failure> {
        if let Some(path) = &options.json {
            let mut text = serde_json::to_string_pretty(&self.json())?;
            text.push('\n');
            fs::write(path, text).map_err(|error| format!("`{}`: {error}", path.display()))?;
        }
        if let Some(path) = &options.markdown {
            self.write_into(path)?;
        }
        let goals = self.sections.iter().flat_map(|it| &it.rows).filter_map(Row::is_met);
        let goals: Vec<bool> = goals.collect();
        println!("\n{} of {} goals met", goals.iter().filter(|it| **it).count(), goals.len());
        Ok(())
    }

    fn json(&self) -> Value {
        let results = self.sections.iter().flat_map(|section| {
            section.rows.iter().map(|row| {
                let goal = match row.goal {
                    Some(Goal::Ratio(limit)) => json!({"ratio": limit}),
                    Some(Goal::Ours(limit)) => json!({"ringer": limit}),
                    Some(Goal::Beyond(limit)) => json!({"ringer_minus_hyper": limit}),
                    None => Value::Null,
                };
                json!({
                    "of": section.title,
                    "workload": row.name,
                    "unit": section.unit,
                    "ringer": row.ours,
                    "hyper": row.reference,
                    "ratio": row.ratio,
                    "goal": goal,
                    "met": row.is_met(),
                    "rounds": row.rounds,
                    "note": row.note,
                })
            })
        });
        json!({"machine": self.machine, "results": results.collect::<Vec<_>>()})
    }

    fn markdown(&self) -> Result<String, Failure> {
        let mut text = format!("{}\n", sentence(&self.machine));
        for Section { title, unit, rows } in &self.sections {
            let of = if unit.is_empty() { (*title).to_owned() } else { format!("{title}, {unit}") };
            writeln!(text, "\n| {of} | ringer | hyper | ratio | goal | | |")?;
            text.push_str("| --- | ---: | ---: | ---: | ---: | --- | --- |\n");
            for row in rows {
                let cells = row.cells().join(" | ");
                writeln!(text, "| {} | {cells} | {} |", row.name, row.note)?;
            }
        }
        Ok(text)
    }

    fn write_into(&self, path: &Path) -> Result<(), Failure> {
        let page = fs::read_to_string(path)?;
        let (before, rest) = page.split_once(BEGIN).ok_or("the page has no place for figures")?;
        let (_, after) = rest.split_once(END).ok_or("the place for figures has no end")?;
        fs::write(path, format!("{before}{BEGIN}\n\n{}\n{END}{after}", self.markdown()?))?;
        Ok(())
    }
}

/// The machine and the run in a sentence.
fn sentence(machine: &Value) -> String {
    let of = |key: &str| match machine.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let apart = match machine.get("apart") {
        Some(Value::Bool(true)) => "servers on one core, clients on another",
        _ => "servers and clients on the same cores",
    };
    format!(
        "{}, {} cores, {} GiB, Linux {}; {}; {} at {}, {}; {} rounds of {} s each, medians; {apart}",
        of("processor"),
        of("cores"),
        of("memory_gib"),
        of("kernel"),
        of("rustc"),
        of("ringer"),
        of("commit"),
        of("date"),
        of("rounds"),
        of("seconds"),
    )
}

/// Three digits that count.
fn shown(figure: f64) -> String {
    match figure.abs() {
        large if large >= 99.5 => format!("{figure:.0}"),
        middle if middle >= 9.95 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}
