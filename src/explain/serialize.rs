//! An explanation as every interface tells it: the command's `--json`, the receiver's API, Python and JavaScript.

use serde_core::ser::{Serialize, SerializeMap as _, SerializeStruct as _, Serializer};

use super::{Cause, Detail, DetailValue, Explanation, Note, RuledOut};
use crate::verify::MatchedKey;

/// `{"valid":…,"code":…,"key":…,"causes":[…],"notes":[…],"tried":…,"exhausted":…,"ruled_out":{…}}`: every member is always
/// there; `code` is null when it is valid, and `key` when none is found.
impl Serialize for Explanation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut explanation = serializer.serialize_struct("Explanation", 8)?;
        explanation.serialize_field("valid", &self.valid)?;
        explanation.serialize_field("code", &self.code())?;
        explanation.serialize_field("key", &self.key.map(Key))?;
        explanation.serialize_field("causes", &self.causes)?;
        explanation.serialize_field("notes", &self.notes)?;
        explanation.serialize_field("tried", &self.tried)?;
        explanation.serialize_field("exhausted", &self.exhausted)?;
        explanation.serialize_field("ruled_out", &self.ruled_out)?;
        explanation.end()
    }
}

/// `{"index":0,"format":"jwk"}`
struct Key(MatchedKey);

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut key = serializer.serialize_struct("Key", 2)?;
        key.serialize_field("index", &self.0.index)?;
        key.serialize_field("format", self.0.format.as_str())?;
        key.end()
    }
}

/// `{"id":…,"family":…,"found":…,"fix":…,"detail":{…}}`
impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut cause = serializer.serialize_struct("Cause", 5)?;
        cause.serialize_field("id", self.id)?;
        cause.serialize_field("family", self.family.as_str())?;
        cause.serialize_field("found", &self.found)?;
        cause.serialize_field("fix", &self.fix)?;
        cause.serialize_field("detail", &self.detail)?;
        cause.end()
    }
}

/// `{"id":…,"found":…,"fix":…,"detail":{…}}`
impl Serialize for Note {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut note = serializer.serialize_struct("Note", 4)?;
        note.serialize_field("id", self.id)?;
        note.serialize_field("found", &self.found)?;
        note.serialize_field("fix", &self.fix)?;
        note.serialize_field("detail", &self.detail)?;
        note.end()
    }
}

impl Serialize for Detail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut detail = serializer.serialize_map(Some(self.iter().count()))?;
        self.iter().try_for_each(|(name, value)| detail.serialize_entry(name, value))?;
        detail.end()
    }
}

impl Serialize for DetailValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            DetailValue::Text(text) => text.serialize(serializer),
            DetailValue::Number(number) => number.serialize(serializer),
        }
    }
}

/// `{"keys":N,"bodies":N,"inputs":N,"pairs":N}`
impl Serialize for RuledOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut ruled_out = serializer.serialize_struct("RuledOut", 4)?;
        ruled_out.serialize_field("keys", &self.keys)?;
        ruled_out.serialize_field("bodies", &self.bodies)?;
        ruled_out.serialize_field("inputs", &self.inputs)?;
        ruled_out.serialize_field("pairs", &self.pairs)?;
        ruled_out.end()
    }
}
