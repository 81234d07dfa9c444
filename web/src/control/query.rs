use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;

use super::Problem;

/// A query's parameters, read strictly: a filter that is misspelt must not mean "everything". Each has to be taken.
pub struct Parameters {
    left: BTreeMap<String, String>,
    /// The names that were asked for.
    known: Vec<&'static str>,
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::invalid_query(rejection.body_text()))?;
        let mut left = BTreeMap::new();
        for (name, value) in pairs {
            if left.insert(name.clone(), value).is_some() {
                return Err(Problem::invalid_query(format!("{name:?} is given more than once.")));
            }
        }
        Ok(Parameters { left, known: Vec::new() })
    }
}

impl Parameters {
    /// A parameter that can be any text.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        self.left.remove(name)
    }

    /// A parameter that `read` understands; `expected` says what that is.
    pub fn take<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match read(&text) {
            Some(value) => Ok(Some(value)),
            None => Err(Problem::invalid_query(format!("{name} is {text:?}; give {expected}."))),
        }
    }

    /// A number from 1 on.
    pub fn number(&mut self, name: &'static str, most: usize) -> Result<Option<usize>, Problem> {
        self.take(name, &format!("a number from 1 to {most}"), |text| {
            text.parse().ok().filter(|number| (1..=most).contains(number))
        })
    }

    /// How many to list: 100 unless told, at most 1,000.
    pub fn limit(&mut self) -> Result<usize, Problem> {
        Ok(self.number("limit", 1000)?.unwrap_or(100))
    }

    /// Nothing may be left that nobody asked for.
    pub fn finish(self) -> Result<(), Problem> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(name) if self.known.is_empty() => {
                Err(Problem::invalid_query(format!("{name:?} is not a parameter here; there are none.")))
            }
            Some(name) => {
                let known = self.known.join(", ");
                Err(Problem::invalid_query(format!("{name:?} is not a parameter here; there are {known}.")))
            }
        }
    }
}
