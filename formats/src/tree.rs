//! A bounded tree of named parts, made from XML or from OFX's SGML.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::{Broken, LONGEST_TEXT, Problem};

/// Most parts of a file.
const MOST_NODES: usize = 4_000_000;
/// Deepest nesting.
const DEEPEST: usize = 64;

/// A named part.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// Without a namespace.
    pub name: String,
    /// The one attribute that statements have: a currency.
    pub currency: Option<String>,
    /// Its text, trimmed.
    pub text: String,
    pub children: Vec<Node>,
    /// Where it begins, from 1.
    pub line: u32,
}

impl Node {
    /// The first child of a name.
    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The first part under a path of names.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, name| node.child(name))
    }

    /// The text of the first part under a path of names, if there is any.
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).map(|node| node.text.as_str()).filter(|text| !text.is_empty())
    }

    /// All children of a name.
    pub fn all<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Node> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// Builds a tree from its parts as they come.
pub(crate) struct Builder {
    open: Vec<Node>,
    nodes: usize,
}

impl Builder {
    pub fn new() -> Self {
        Self { open: vec![Node::default()], nodes: 0 }
    }

    pub fn open(&mut self, node: Node) -> Result<(), Broken> {
        self.nodes += 1;
        if self.open.len() > DEEPEST || self.nodes > MOST_NODES {
            return Err(Problem::TooDeep.at(node.line));
        }
        self.open.push(node);
        Ok(())
    }

    pub fn text(&mut self, text: &str, line: u32) -> Result<(), Broken> {
        if let Some(node) = self.open.last_mut() {
            node.text.push_str(text);
            // In bytes, of at most four to a character.
            if node.text.len() > LONGEST_TEXT * 4 {
                return Err(Problem::TooLong.at(line));
            }
        }
        Ok(())
    }

    /// Ends the innermost part; false if none is open.
    pub fn close(&mut self) -> bool {
        if self.open.len() < 2 {
            return false;
        }
        if let Some(mut node) = self.open.pop()
            && let Some(parent) = self.open.last_mut()
        {
            node.text = node.text.trim().to_owned();
            parent.children.push(node);
        }
        true
    }

    /// The names of the open parts, the outermost first.
    pub fn path(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.open.iter().skip(1).map(|node| node.name.as_str())
    }

    /// A nameless part with all outermost ones in it, if none is open.
    pub fn finish(mut self) -> Option<Node> {
        self.open.pop().filter(|_| self.open.is_empty())
    }
}

/// Counts lines up to a place of a text.
pub(crate) struct Lines<'t> {
    text: &'t str,
    counted: usize,
    line: u32,
}

impl<'t> Lines<'t> {
    pub fn of(text: &'t str) -> Self {
        Self { text, counted: 0, line: 1 }
    }

    pub fn at(&mut self, place: usize) -> u32 {
        let place = place.min(self.text.len());
        if place > self.counted {
            let passed = &self.text.as_bytes()[self.counted..place];
            let lines = passed.iter().filter(|byte| **byte == b'\n').count();
            self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            self.counted = place;
        }
        self.line
    }
}

/// Reads XML. Entities other than the five of XML are not taken, and no document type is.
pub(crate) fn xml(text: &str) -> Result<Node, Broken> {
    let mut reader = Reader::from_str(text);
    let mut lines = Lines::of(text);
    let mut builder = Builder::new();
    loop {
        let place = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let line = lines.at(place);
        let event = reader.read_event().map_err(|_| Problem::Xml.at(line))?;
        match event {
            Event::Start(start) => builder.open(node(&start, line)?)?,
            Event::Empty(start) => {
                builder.open(node(&start, line)?)?;
                builder.close();
            }
            Event::End(_) => {
                if !builder.close() {
                    return Err(Problem::Xml.at(line));
                }
            }
            Event::Text(text) => builder.text(&text.xml10_content(), line)?,
            Event::CData(text) => builder.text(&text.xml10_content(), line)?,
            Event::GeneralRef(reference) => {
                let letter = reference.resolve_char_ref().map_err(|_| Problem::Xml.at(line))?;
                let name = reference.xml10_content();
                match (letter, quick_xml::escape::resolve_predefined_entity(&name)) {
                    (Some(letter), _) => builder.text(letter.encode_utf8(&mut [0; 4]), line)?,
                    (None, Some(text)) => builder.text(text, line)?,
                    (None, None) => return Err(Problem::Xml.at(line)),
                }
            }
            Event::DocType(_) => return Err(Problem::DocumentType.at(line)),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => return builder.finish().ok_or(Problem::CutShort.at(line)),
        }
    }
}

fn node(start: &BytesStart<'_>, line: u32) -> Result<Node, Broken> {
    let mut node = Node { line, ..Node::default() };
    start.local_name().as_ref().clone_into(&mut node.name);
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| Problem::Xml.at(line))?;
        if attribute.key.local_name().as_ref() == "Ccy" {
            node.currency = Some(attribute.value.into_owned());
        }
    }
    Ok(node)
}
