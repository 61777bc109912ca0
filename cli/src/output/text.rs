//! Texts of others, as a terminal may show them.

use std::borrow::Cow;

/// Returns the text with its control characters written as escapes, so that it stays in its line and commands
/// nothing to the terminal.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(commands) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            c if commands(c) => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Returns whether a character moves the cursor, changes the direction of the text, or does something else but be
/// shown.
fn commands(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn nothing_that_a_text_holds_commands_the_terminal() {
        assert_eq!(printable("a \"b\" 消息 é"), "a \"b\" 消息 é");
        assert_eq!(printable("a\nb\t\u{1b}[2J\u{9b}1m"), "a\\nb\\t\\u{1b}[2J\\u{9b}1m");
        assert_eq!(printable("\u{202e}x"), "\\u{202e}x");
    }
}
