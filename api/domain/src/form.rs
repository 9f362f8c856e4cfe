//! The form of a text, written once: it is checked and published from the same pattern.
//!
//! `#` is a digit, `@` a letter, `*` a digit or a letter; everything else stands for itself. Separators
//! (spaces and dashes) may be left out, or be others, when a text is read: they are put where the
//! pattern has them. Letters come out in upper case.

/// A form: one of several patterns, the first that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form(pub &'static [&'static str]);

/// What people put between the parts of a number.
const fn is_separator(letter: char) -> bool {
    matches!(letter, ' ' | '-' | '.' | '\u{a0}' | '\u{202f}')
}

impl Form {
    /// A text in its normal form; none when it does not fit.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<String> {
        let kept: Vec<char> =
            text.chars().filter(|letter| !is_separator(*letter)).map(|it| it.to_ascii_uppercase()).collect();
        self.0.iter().find_map(|pattern| fitted(pattern, &kept))
    }

    /// The regular expression of normal forms: whatever it matches is accepted, and comes out unchanged.
    #[must_use]
    pub fn regex(&self) -> String {
        let alternatives: Vec<String> = self.0.iter().map(|pattern| regex(pattern)).collect();
        match alternatives.as_slice() {
            [one] => format!("^{one}$"),
            several => format!("^({})$", several.join("|")),
        }
    }

    /// A text that fits.
    #[must_use]
    pub fn example(&self) -> String {
        let letter = |(place, mark): (usize, char)| match mark {
            '#' | '*' => ('1'..='9').cycle().nth(place).unwrap_or('1'),
            '@' => ('A'..='Z').cycle().nth(place).unwrap_or('A'),
            literal => literal,
        };
        self.0.first().map(|pattern| pattern.chars().enumerate().map(letter).collect()).unwrap_or_default()
    }

    /// The longest text that fits, in characters.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.0.iter().map(|pattern| pattern.chars().count()).max().unwrap_or_default()
    }
}

fn fitted(pattern: &str, kept: &[char]) -> Option<String> {
    let (mut out, mut rest) = (String::with_capacity(pattern.len()), kept.iter());
    for mark in pattern.chars() {
        if is_separator(mark) {
            out.push(mark);
            continue;
        }
        let letter = *rest.next()?;
        let fits = match mark {
            '#' => letter.is_ascii_digit(),
            '@' => letter.is_ascii_uppercase(),
            '*' => letter.is_ascii_digit() || letter.is_ascii_uppercase(),
            literal => letter == literal,
        };
        if !fits {
            return None;
        }
        out.push(letter);
    }
    rest.next().is_none().then_some(out)
}

fn regex(pattern: &str) -> String {
    let mut out = String::new();
    let mut marks = pattern.chars().peekable();
    while let Some(mark) = marks.next() {
        let mut times = 1_usize;
        while marks.next_if_eq(&mark).is_some() {
            times += 1;
        }
        match mark {
            '#' => out.push_str("[0-9]"),
            '@' => out.push_str("[A-Z]"),
            '*' => out.push_str("[0-9A-Z]"),
            '+' | '.' | '(' | ')' => out.extend(['\\', mark]),
            literal => out.push(literal),
        }
        if times > 1 {
            out.extend(["{", &times.to_string(), "}"]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex::Regex;

    #[test]
    fn separators_are_put_where_they_belong() {
        let dutch = Form(&["#### @@"]);
        for text in ["1011 ab", "1011AB", "1011-ab", " 10 11 AB "] {
            assert_eq!(dutch.read(text).as_deref(), Some("1011 AB"), "{text}");
        }
        for text in ["", "1011", "1011 ABC", "101A AB", "1011 ÀB", "1011\u{0}AB"] {
            assert_eq!(dutch.read(text), None, "{text}");
        }
        assert_eq!(dutch.regex(), "^[0-9]{4} [A-Z]{2}$");
        assert_eq!((dutch.example().as_str(), dutch.longest()), ("1234 FG", 7));
        assert_eq!(Form(&["@# #@@", "GX11 1AA"]).regex(), "^([A-Z][0-9] [0-9][A-Z]{2}|GX1{2} 1A{2})$");
    }

    fn pattern() -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(vec!['#', '@', '*', ' ', '-', 'L', '7']), 1..8)
            .prop_map(String::from_iter)
            .prop_filter("more than separators", |text| text.chars().any(|mark| !is_separator(mark)))
    }

    proptest! {
        /// What is published is what is checked, whatever the pattern and the text.
        #[test]
        fn the_published_form_is_the_one_that_is_checked(
            patterns in prop::collection::vec(pattern(), 1..3),
            text in "[0-9A-Z .\\-]{0,9}|[0-9a-z]{1,8}",
        ) {
            let leaked: Vec<&'static str> =
                patterns.into_iter().map(|pattern| &*Box::leak(pattern.into_boxed_str())).collect();
            let form = Form(Vec::leak(leaked));
            let published = Regex::new(&form.regex()).unwrap();
            if let Some(normal) = form.read(&text) {
                prop_assert!(published.is_match(&normal), "{normal} comes out and is not as published");
                prop_assert_eq!(form.read(&normal), Some(normal));
            }
            if published.is_match(&text) {
                prop_assert!(form.read(&text).is_some(), "{text} is as published and not accepted");
            }
            prop_assert!(published.is_match(&form.example()), "{} is no example of {published}", form.example());
        }
    }
}
