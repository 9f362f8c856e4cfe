//! SIREN and SIRET.

use super::{compact, exactly, luhn};

/// La Poste: its establishments outgrew the Luhn numbers.
const LA_POSTE: &str = "356000000";

pub(super) fn siren(text: &str) -> Option<String> {
    let siren = compact(text);
    luhn(&exactly::<9>(&siren)?).then_some(siren)
}

/// SIREN and five digits, Luhn; those of La Poste have a digit sum that is a multiple of 5, its head
/// office also passes Luhn (rule K3).
pub(super) fn siret(text: &str) -> Option<String> {
    let siret = compact(text);
    let all = exactly::<14>(&siret)?;
    let of_company = luhn(&exactly::<9>(siret.get(..9)?)?);
    let post_office = siret.starts_with(LA_POSTE) && all.iter().sum::<u32>().is_multiple_of(5);
    let right =
        of_company && (post_office || luhn(&all) && (!siret.starts_with(LA_POSTE) || siret == "35600000000048"));
    right.then_some(siret)
}
