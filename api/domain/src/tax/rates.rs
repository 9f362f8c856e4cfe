//! Standard rates of VAT as dated data.

use super::TaxError;
use crate::account::CountryCode;
use crate::money::Scaled6;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// The rates that come with this release, agreed by two independent collections on 23 November 2026.
const KNOWN: &str = include_str!("../../data/vat_rates.csv");

/// Standard rates by area and day. What a provider knows better is laid over what is known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates(BTreeMap<String, BTreeMap<NaiveDate, Scaled6>>);

/// A line of rates that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: not a known area, the first day in force (YYYY-MM-DD) and a percentage from 0 to 100")]
pub struct InvalidRates {
    /// Its number, from 1.
    pub line: usize,
}

impl Rates {
    /// The rates that come with this release.
    ///
    /// # Errors
    /// Never, unless the file of this release is broken: its test says so.
    pub fn known() -> Result<Self, InvalidRates> {
        Self(BTreeMap::new()).merged(KNOWN, |_, _| true)
    }

    /// With more rates laid over: lines of `area,first day in force,percent`; empty ones and those that
    /// begin with `#` say nothing. A line for the same area and day replaces the one before.
    ///
    /// # Errors
    /// [`InvalidRates`] for the first line that is none, or whose area is none of those that are known.
    pub fn with(self, lines: &str) -> Result<Self, InvalidRates> {
        self.merged(lines, BTreeMap::contains_key)
    }

    fn merged(
        mut self,
        lines: &str,
        fits: impl Fn(&BTreeMap<String, BTreeMap<NaiveDate, Scaled6>>, &str) -> bool,
    ) -> Result<Self, InvalidRates> {
        for (at, line) in lines.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (area, since, percent) =
                read(line).filter(|(area, ..)| fits(&self.0, area)).ok_or(InvalidRates { line: at + 1 })?;
            self.0.entry(area).or_default().insert(since, percent);
        }
        Ok(self)
    }

    /// The rate in force on a day, in percent.
    ///
    /// # Errors
    /// [`TaxError::NotSupported`] where none is known.
    pub(super) fn of(&self, area: &str, on: NaiveDate) -> Result<Scaled6, TaxError> {
        let dated = self.0.get(area).and_then(|dated| dated.range(..=on).next_back());
        dated.map(|(_, percent)| *percent).ok_or(TaxError::NotSupported)
    }
}

fn read(line: &str) -> Option<(String, NaiveDate, Scaled6)> {
    let mut words = line.split(',').map(str::trim);
    let (area, since, percent) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || !is_area(area) {
        return None;
    }
    let percent: Scaled6 = percent.parse().ok()?;
    let fits = (Scaled6::default()..=Scaled6::whole(100)).contains(&percent);
    fits.then_some(())?;
    Some((area.to_owned(), since.parse().ok()?, percent))
}

/// `FR`, `PT-30`, `FR-DOM`.
fn is_area(text: &str) -> bool {
    let (country, region) = text.split_once('-').map_or((text, None), |(country, region)| (country, Some(region)));
    let region = region.is_none_or(|region| {
        (1..=3).contains(&region.len()) && region.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    country.parse::<CountryCode>().is_ok() && region
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_rates_of_this_release_are_those_in_force() {
        let known = Rates::known().unwrap();
        let rate = |area: &str, on: &str| known.of(area, day(on)).map(|rate| rate.to_string());
        assert_eq!(rate("FI", "2024-08-31"), Ok("24".to_owned()));
        assert_eq!(rate("FI", "2024-09-01"), Ok("25.5".to_owned()));
        assert_eq!(rate("FR-DOM", "2026-11-23"), Ok("8.5".to_owned()));
        assert_eq!(rate("FR", "2013-12-31"), Err(TaxError::NotSupported));
        assert_eq!(rate("CH", "2026-11-23"), Err(TaxError::NotSupported));
    }

    #[test]
    fn a_provider_lays_its_own_rates_over() {
        let known = Rates::known().unwrap();
        let more = known.with("# the next budget\n\nRO, 2027-01-01, 22.5\nSK,2025-01-01,23.1\n").unwrap();
        let rate = |area: &str, on: &str| more.of(area, day(on)).unwrap().to_string();
        assert_eq!((rate("RO", "2026-12-31"), rate("RO", "2027-01-01")), ("21".to_owned(), "22.5".to_owned()));
        assert_eq!((rate("SK", "2024-12-31"), rate("SK", "2025-01-01")), ("20".to_owned(), "23.1".to_owned()));
        for wrong in [
            "RO",
            "RO,2027-01-01",
            "ro,2027-01-01,22",
            "RO,2027-13-01,22",
            "RO,2027-01-01,-1",
            "RO,2027-01-01,101",
            "RO,2027-01-01,22,1",
            "RO-,2027-01-01,22",
            "EL,2027-01-01,25",
            "PT-99,2027-01-01,25",
            "RO,2027-01-01,1.0000001",
        ] {
            let text = format!("# rates\n{wrong}");
            assert_eq!(Rates::known().unwrap().with(&text), Err(InvalidRates { line: 2 }), "{wrong}");
        }
    }
}
