//! The report as one page that needs nothing beside itself.

use super::super::html::escape;
use super::{Explained, FileTold, Report, Told, is_command};
use crate::export::{counted, ladder_svg, with_separators};

const STYLE: &str = "\
:root{color-scheme:light dark;--text:#1f2328;--dim:#59636e;--page:#fff;--card:#f6f8fa;--line:#d1d9e0;\
--failure:#cf222e;--warning:#9a6700;--advice:#0969da}\
@media(prefers-color-scheme:dark){:root{--text:#e6edf3;--dim:#9198a1;--page:#0d1117;--card:#151b23;--line:#3d444d;\
--failure:#f85149;--warning:#d29922;--advice:#4493f8}}\
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,'Segoe UI',sans-serif}\
main{max-width:70rem;margin:0 auto;padding:1.5rem}\
h1{font-size:1.6rem;margin:0 0 .3rem}h2{font-size:1.25rem;margin:2rem 0 .6rem;border-bottom:1px solid var(--line)}\
h3{font-size:1.05rem;margin:0 0 .3rem}h4{font-size:.95rem;margin:.8rem 0 .2rem}\
p{margin:.3rem 0}.dim{color:var(--dim);font-size:.9rem}.verdict{font-size:1.2rem;font-weight:600}\
.card{background:var(--card);border:1px solid var(--line);border-left-width:.35rem;border-radius:.4rem;padding:.8rem 1rem;\
margin:.8rem 0;break-inside:avoid}\
.failure{border-left-color:var(--failure)}.warning{border-left-color:var(--warning)}.advice{border-left-color:var(--advice)}\
.word{font-size:.8rem;font-weight:700;text-transform:uppercase;letter-spacing:.04em;margin-right:.5rem}\
.failure .word{color:var(--failure)}.warning .word{color:var(--warning)}.advice .word{color:var(--advice)}\
pre{background:var(--card);border:1px solid var(--line);border-radius:.4rem;padding:.6rem .8rem;margin:.4rem 0;overflow-x:auto;\
font:13px/1.45 ui-monospace,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}\
code{font-family:ui-monospace,Consolas,monospace;overflow-wrap:anywhere}pre.command{user-select:all}\
figure{margin:.6rem 0;overflow-x:auto}svg{max-width:none}dt{font-weight:600;margin-top:.7rem}dd{margin:0 0 0 1rem}\
@media print{body{font-size:11pt}main{max-width:none;padding:0}figure{overflow:visible}svg{max-width:100%;height:auto}}";

pub(super) fn write(report: &Report) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Uccello report: {verdict}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>Uccello report</h1>\n<p class=\"verdict\">{verdict}</p>\n",
        verdict = escape(&report.verdict)
    );
    page += &paragraph("dim", &report.about());
    if let Some(query) = &report.query {
        page += &format!("<p class=\"dim\">Only what this query selects: <code>{}</code></p>\n", escape(query));
    }
    page += "<h2>Findings</h2>\n";
    if report.findings.is_empty() {
        page += "<p>Nothing to look after.</p>\n";
    }
    page.extend(report.findings.iter().map(finding));
    if !report.normal.is_empty() {
        page += "<h3>Normal, nothing to chase</h3>\n<ul>\n";
        page.extend(report.normal.iter().map(|line| format!("<li>{}</li>\n", escape(line))));
        page += "</ul>\n";
    }
    if let Some(story) = &report.story {
        page += &format!(
            "<h2>What happened</h2>\n<p>{}</p>\n<figure>\n{}</figure>\n",
            escape(&story.title),
            ladder_svg(&story.ladder)
        );
    }
    if !report.messages.is_empty() {
        page += "<h2>Records that decide</h2>\n";
        page.extend(
            report
                .messages
                .iter()
                .map(|shown| format!("<h3>{}</h3>\n<pre>{}</pre>\n", escape(&shown.title), escape(&shown.text))),
        );
    }
    if !report.codes.is_empty() {
        page += "<h2>Codes explained</h2>\n<dl>\n";
        page.extend(report.codes.iter().map(code));
        page += "</dl>\n";
    }
    page += "<h2>What the files hold</h2>\n<dl>\n";
    page.extend(report.files.iter().map(file));
    page + "</dl>\n</main>\n</body>\n</html>\n"
}

fn paragraph(class: &str, text: &str) -> String {
    format!("<p class=\"{class}\">{}</p>\n", escape(text))
}

fn finding(told: &Told) -> String {
    let severity = told.severity.name();
    let mut text = format!(
        "<section class=\"card {severity}\">\n<h3><span class=\"word\">{severity}</span>{}</h3>\n",
        escape(&told.title)
    );
    text += &paragraph("dim", &told.facts.join(" · "));
    if let Some(cause) = told.caused_by {
        text += &format!("<p>Caused by <code>{}</code></p>\n", escape(cause));
    }
    if !told.explanation.is_empty() {
        text += &format!("<p>{}</p>\n", escape(&told.explanation));
    }
    if !told.checks.is_empty() {
        text += "<h4>Check next</h4>\n";
        text.extend(told.checks.iter().map(|check| {
            if is_command(check) {
                format!("<pre class=\"command\"><code>{}</code></pre>\n", escape(check))
            } else {
                format!("<p>{}</p>\n", escape(check))
            }
        }));
    }
    let numbers = told.evidence.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let more = match told.more_evidence {
        0 => String::new(),
        more => format!(" and {} more", with_separators(more as u64)),
    };
    text += &paragraph("dim", &format!("{}: proved by records {numbers}{more}", told.rule));
    text + "</section>\n"
}

fn code(explained: &Explained) -> String {
    let mut text = format!("<dt>{}</dt>\n<dd>{}</dd>\n", escape(&explained.name), escape(&explained.meaning));
    if !explained.causes.is_empty() {
        text += &format!("<dd>Causes: {}</dd>\n", escape(&explained.causes.join("; ")));
    }
    if let Some(source) = &explained.source {
        text += &format!("<dd class=\"dim\">Known from {}</dd>\n", escape(source));
    }
    text
}

fn file(told: &FileTold) -> String {
    format!(
        "<dt>{}</dt>\n<dd>{}</dd>\n<dd class=\"dim\">SHA-256 <code>{}</code>{}</dd>\n",
        escape(&told.name),
        escape(&told.facts.join("; ")),
        escape(&told.sha256),
        told.digested
    )
}

impl Report {
    /// What the report is and what was done to it.
    pub(super) fn about(&self) -> String {
        let files = counted(self.files.len() as u64, "file");
        let redaction = if self.is_redacted {
            "Names, addresses and numbers of people, machines and devices are replaced by stand-ins, the same one always \
             by the same; numbers of records are those of the original files."
        } else {
            "Names are those of the files; secrets are left out."
        };
        format!("Uccello {}, {files}. {redaction}", env!("CARGO_PKG_VERSION"))
    }
}
