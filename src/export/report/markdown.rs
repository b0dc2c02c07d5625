//! The report as Markdown, for tickets and wikis.

use super::{Report, Told, is_command};
use crate::export::{ladder_text, with_separators};
use std::fmt::Write as _;

pub(super) fn write(report: &Report) -> String {
    let mut text = format!("# Uccello report\n\n**{}**\n\n{}\n", escape(&report.verdict), escape(&report.about()));
    if let Some(query) = &report.query {
        let _ = writeln!(text, "\nOnly what this query selects: {}", code(query));
    }
    text += "\n## Findings\n";
    if report.findings.is_empty() {
        text += "\nNothing to look after.\n";
    }
    text.extend(report.findings.iter().map(finding));
    if !report.normal.is_empty() {
        text += "\n### Normal, nothing to chase\n\n";
        text.extend(report.normal.iter().map(|line| format!("- {}\n", escape(line))));
    }
    if let Some(story) = &report.story {
        let _ =
            write!(text, "\n## What happened\n\n{}\n\n{}", escape(&story.title), fenced(&ladder_text(&story.ladder)));
    }
    if !report.messages.is_empty() {
        text += "\n## Records that decide\n";
        for shown in &report.messages {
            let _ = write!(text, "\n### {}\n\n{}", escape(&shown.title), fenced(&shown.text));
        }
    }
    if !report.codes.is_empty() {
        text += "\n## Codes explained\n\n";
        for explained in &report.codes {
            let _ = write!(text, "- **{}**: {}", escape(&explained.name), escape(&explained.meaning));
            if !explained.causes.is_empty() {
                let _ = write!(text, " Causes: {}.", escape(&explained.causes.join("; ")));
            }
            if let Some(source) = &explained.source {
                let _ = write!(text, " (Known from {})", escape(source));
            }
            text.push('\n');
        }
    }
    text += "\n## What the files hold\n\n";
    for file in &report.files {
        let _ = writeln!(
            text,
            "- **{}**: {}\n  SHA-256 {}{}",
            escape(&file.name),
            escape(&file.facts.join("; ")),
            code(&file.sha256),
            file.digested
        );
    }
    text
}

fn finding(told: &Told) -> String {
    let mut text = format!(
        "\n### {}: {}\n\n{}\n",
        told.severity.name().to_uppercase(),
        escape(&told.title),
        escape(&told.facts.join(" · "))
    );
    if let Some(cause) = told.caused_by {
        let _ = writeln!(text, "\nCaused by {}", code(cause));
    }
    if !told.explanation.is_empty() {
        let _ = writeln!(text, "\n{}", escape(&told.explanation));
    }
    if !told.checks.is_empty() {
        text += "\nCheck next:\n\n";
        for check in &told.checks {
            if is_command(check) {
                text += &format!("{}\n", fenced(check));
            } else {
                let _ = writeln!(text, "- {}\n", escape(check));
            }
        }
    }
    let numbers = told.evidence.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let more = match told.more_evidence {
        0 => String::new(),
        more => format!(" and {} more", with_separators(more as u64)),
    };
    let _ = writeln!(text, "\n{}: proved by records {numbers}{more}", code(told.rule));
    text
}

/// A block whose fence is longer than any in it.
fn fenced(text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}

fn code(text: &str) -> String {
    let mark = "`".repeat(longest_run(text) + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{mark}{blank}{}{blank}{mark}", text.replace(['\r', '\n'], " "))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Characters that mean something to Markdown or HTML, on one line.
fn escape(text: &str) -> String {
    let mut own = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' => own.extend(['\\', c]),
            '<' => own += "&lt;",
            '>' => own += "&gt;",
            '&' => own += "&amp;",
            '\r' | '\n' => own.push(' '),
            c if c.is_control() => {}
            c => own.push(c),
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_log_is_taken_for_markup() {
        assert_eq!(escape("<b>*x*_y_ `z`\n# a|b"), "&lt;b&gt;\\*x\\*\\_y\\_ \\`z\\` \\# a\\|b");
        assert_eq!(fenced("a\n```\nb"), "````text\na\n```\nb\n````\n");
        assert_eq!(code("a`b"), "``a`b``");
    }
}
