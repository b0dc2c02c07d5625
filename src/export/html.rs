//! Text inside of HTML and SVG.

/// The text with every character that means something to HTML written as an entity. Control characters, which XML
/// cannot hold, become a mark.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut own = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => own += "&amp;",
            '<' => own += "&lt;",
            '>' => own += "&gt;",
            '"' => own += "&quot;",
            '\'' => own += "&#39;",
            '\n' | '\t' => own.push(c),
            '\r' => {}
            '\u{FFFE}' | '\u{FFFF}' => own.push('\u{FFFD}'),
            c if c.is_control() => own.push('\u{FFFD}'),
            c => own.push(c),
        }
    }
    own
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_of_a_log_is_taken_for_markup() {
        assert_eq!(super::escape("<a href=\"x\">'&\r\n\u{1}"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;\n\u{FFFD}");
    }
}
