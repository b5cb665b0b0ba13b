//! Renewals as a calendar (iCalendar, RFC 5545). It says which bank and when, and nothing else.

use chrono::{DateTime, Utc};
use domain::renewal::REMINDER_DAYS;
use uuid::Uuid;

/// Most bytes of a line, without its end (RFC 5545, section 3.1).
const LONGEST_LINE: usize = 75;

/// A connection that ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// Which: the event keeps its identifier over all renewals, so that it moves instead of doubling.
    pub connection: Uuid,
    /// The bank's name.
    pub bank: String,
    /// When this end was set.
    pub stamp: DateTime<Utc>,
    /// When it ends.
    pub ends: DateTime<Utc>,
}

/// The calendar, with an alarm on the day of every reminder.
#[must_use]
pub fn text(renewals: &[Renewal]) -> String {
    let mut lines: Vec<String> = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//One Point Ledger//Renewals//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ]
    .map(str::to_owned)
    .to_vec();
    for renewal in renewals {
        let summary = escaped(&format!("Renew the connection to {}", renewal.bank));
        lines.push("BEGIN:VEVENT".to_owned());
        lines.push(format!("UID:{}@one-point-ledger", renewal.connection));
        lines.push(format!("DTSTAMP:{}", instant(renewal.stamp)));
        lines.push(format!("DTSTART:{}", instant(renewal.ends)));
        lines.push(format!("SUMMARY:{summary}"));
        lines.push("TRANSP:TRANSPARENT".to_owned());
        for days in REMINDER_DAYS {
            lines.push("BEGIN:VALARM".to_owned());
            lines.push("ACTION:DISPLAY".to_owned());
            lines.push(format!("DESCRIPTION:{summary}"));
            lines.push(format!("TRIGGER:-P{days}D"));
            lines.push("END:VALARM".to_owned());
        }
        lines.push("END:VEVENT".to_owned());
    }
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line)).collect()
}

/// Form 2 of section 3.3.5: in UTC.
fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// A text value (section 3.3.11). Control characters have no place in one.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | ';' | ',' => escaped.extend(['\\', letter]),
            '\n' => escaped.push_str("\\n"),
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A line with its end, broken between letters where it is too long: a further line begins with a
/// space that counts.
fn folded(line: &str) -> String {
    let (mut folded, mut length) = (String::with_capacity(line.len() + 2), 0);
    for letter in line.chars() {
        if length + letter.len_utf8() > LONGEST_LINE {
            folded.push_str("\r\n ");
            length = 1;
        }
        folded.push(letter);
        length += letter.len_utf8();
    }
    folded.push_str("\r\n");
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renewal(bank: &str) -> Renewal {
        Renewal {
            connection: Uuid::from_u128(7),
            bank: bank.to_owned(),
            stamp: DateTime::from_timestamp(1_790_000_000, 0).expect("an instant"),
            ends: DateTime::from_timestamp(1_800_000_000, 0).expect("an instant"),
        }
    }

    /// Undoes the folding, as a calendar program does (section 3.1).
    fn unfolded(text: &str) -> Vec<String> {
        text.replace("\r\n ", "").split_terminator("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn an_event_has_an_alarm_on_every_day_of_a_reminder() {
        let lines = unfolded(&text(&[renewal("OP")]));
        for wanted in [
            "UID:00000000-0000-0000-0000-000000000007@one-point-ledger",
            "DTSTAMP:20260921T141320Z",
            "DTSTART:20270115T080000Z",
            "SUMMARY:Renew the connection to OP",
            "TRIGGER:-P30D",
            "TRIGGER:-P7D",
            "TRIGGER:-P1D",
        ] {
            assert!(lines.iter().any(|line| line == wanted), "{wanted}");
        }
        let count = |wanted: &str| lines.iter().filter(|line| *line == wanted).count();
        assert_eq!((count("BEGIN:VALARM"), count("END:VALARM")), (3, 3));
        assert_eq!(
            (lines[0].as_str(), lines[lines.len() - 1].as_str()),
            ("BEGIN:VCALENDAR", "END:VCALENDAR")
        );
    }

    #[test]
    fn what_a_name_holds_stays_in_its_line() {
        let name = "A; B, C\\D\nEND:VEVENT\r";
        let text = text(&[renewal(name)]);
        assert!(text.contains("SUMMARY:Renew the connection to A\\; B\\, C\\\\D\\nEND:VEVENT\r\n"));
        assert_eq!(text.matches("\r\nEND:VEVENT\r\n").count(), 1);
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_too_long_and_nothing_is_lost(name in "\\PC{0,200}") {
            let text = text(&[renewal(&name)]);
            for line in text.split("\r\n") {
                proptest::prop_assert!(line.len() <= LONGEST_LINE);
            }
            let summary = format!("SUMMARY:{}", escaped(&format!("Renew the connection to {name}")));
            proptest::prop_assert!(unfolded(&text).contains(&summary));
        }
    }
}
