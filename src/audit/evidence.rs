//! What lies beside the records of a bundle for people to read: an index in plain words and the same
//! as a PDF. Nothing in it has to be believed; the records prove what it says.

use std::io::Write as _;
use std::path::Path;

use super::pdf::{Line, pdf};
use super::story::{Step, Story, cause, time_text};
use super::words;
use crate::ledger::store::StoredEvent;
use crate::vault::crypto::hex;

/// The folder inside a bundle.
pub const READABLE: &str = "readable";
/// Most events that are listed by themselves.
pub const MOST_LISTED: usize = 20_000;

/// What an index tells of a bundle.
pub struct Index<'a> {
    /// What was asked for, such as `the consent …`.
    pub about: String,
    /// The log's name.
    pub origin: &'a str,
    /// The log's key.
    pub key: String,
    /// Size of the checkpoint the proofs lead to.
    pub size: u64,
    /// The checkpoint itself.
    pub checkpoint: String,
    /// When the bundle was made (RFC 3339).
    pub made_at: String,
}

/// The lines of an index: what this is, how to check it, and what is in it.
pub fn lines(
    index: &Index<'_>,
    events: &[StoredEvent],
    total: u64,
    story: Option<&Story>,
) -> Vec<Line> {
    let Index { about, origin, key, size, checkpoint, made_at } = index;
    let text = |text: &str| Line::Text(text.to_owned());
    let mut lines = vec![
        Line::Heading(format!("Evidence: {about}")),
        Line::Space,
        Line::Text(format!("Made {made_at} from the log {origin}, of {size} events.")),
        Line::Text(format!("{total} records are in this bundle.")),
        Line::Space,
        Line::Heading("How to check it without trusting whoever made it".to_owned()),
        text("1. Get the log's key from somebody you trust, not from here. It should be:"),
        Line::Text(format!("   {key}")),
        text("2. Write a policy file:  log KEY  and, on a second line,  quorum none"),
        text("   or name the witnesses whose signatures you ask for."),
        text("3. Run:  opl-verify --policy POLICY BUNDLE"),
        text("   It needs no network. Its exit code is 0 only if every record is proven."),
        text("4. Checkpoints that you kept from earlier visits show a log that was set back:"),
        text("   opl-verify --policy POLICY --checkpoint KEPT BUNDLE"),
        Line::Space,
        Line::Heading("The signed checkpoint".to_owned()),
    ];
    lines.extend(checkpoint.lines().map(|line| Line::Text(format!("   {line}"))));
    lines.extend([
        Line::Space,
        Line::Heading("What the words mean".to_owned()),
        text("Each record is one event. Its leaf is SHA-256 over a zero byte and the record."),
        text("What is personal in a record is sealed under the person's key; once that key is"),
        text("destroyed nobody can read it, and its proof stays as it was."),
        Line::Space,
    ]);
    match story {
        Some(story) => tell(&mut lines, story),
        None => list(&mut lines, events, total),
    }
    lines
}

fn list(lines: &mut Vec<Line>, events: &[StoredEvent], total: u64) {
    lines.push(Line::Heading("The records".to_owned()));
    for stored in events {
        let (actor, _) = cause(stored);
        lines.push(Line::Text(format!(
            "{:>8}  {}  {:<8} {}",
            stored.position,
            time_text(stored.recorded_at),
            actor,
            stored.event_type
        )));
        lines.push(Line::Text(format!(
            "          {}  {}",
            words::of(&stored.event_type),
            stored.stream
        )));
        lines.push(Line::Text(format!("          leaf {}", hex(&stored.hash))));
    }
    if total > events.len() as u64 {
        lines.push(Line::Text(format!("and {} more.", total - events.len() as u64)));
    }
}

fn tell(lines: &mut Vec<Line>, story: &Story) {
    lines.push(Line::Heading(format!("The story of {}", story.about)));
    for (number, step) in story.steps.iter().enumerate() {
        let Step { position, recorded_at, event_type, says, actor, .. } = step;
        lines.push(Line::Space);
        lines.push(Line::Heading(format!("{}. {says}", number + 1)));
        lines.push(Line::Text(format!(
            "   {recorded_at}  position {position}  by {actor}  {event_type}"
        )));
        if step.erased {
            lines.push(Line::Text("   what it said was erased with the person's key".to_owned()));
        }
        if let Some(by) = &step.approved_by {
            lines.push(Line::Text(format!("   approved by {by}")));
        }
        for fact in &step.facts {
            lines.push(Line::Text(format!("   {}: {}", fact.name, fact.value)));
        }
        for changed in &step.changed {
            let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
            let (before, after) = (side(&changed.before), side(&changed.after));
            lines.push(Line::Text(format!("   changed {}: {before} -> {after}", changed.field)));
        }
        lines.push(Line::Text(format!("   leaf {}", step.leaf_hash)));
    }
    if story.more {
        lines.push(Line::Text("There are more steps than are told here.".to_owned()));
    }
}

/// Writes the index beside the records, as text and as PDF.
///
/// # Errors
/// What the disk says.
pub fn write(bundle: &Path, title: &str, lines: &[Line]) -> std::io::Result<()> {
    let folder = bundle.join(READABLE);
    std::fs::create_dir(&folder)?;
    let mut text = String::new();
    for line in lines {
        match line {
            Line::Heading(words) | Line::Text(words) => text.push_str(words),
            Line::Space => {}
        }
        text.push('\n');
    }
    for (name, bytes) in [("INDEX.txt", text.into_bytes()), ("evidence.pdf", pdf(title, lines))] {
        let mut file = std::fs::File::create_new(folder.join(name))?;
        file.write_all(&bytes)?;
        file.sync_all()?;
    }
    Ok(())
}
