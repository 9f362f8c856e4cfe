//! What a milestone does, and why, in a sentence that is right before and after it happened.

use domain::account::Language;
use domain::timeline::Rule;

/// The sentence of a milestone. `step` is its distance in days from what it belongs to.
#[must_use]
pub fn detail(rule: Rule, step: i32, language: Language) -> String {
    let [english, french] = sentences(rule);
    let (sentence, days) = match language {
        Language::En => (english, counted(step, ["1 day", "days"])),
        Language::Fr => (french, counted(step, ["1 jour", "jours"])),
    };
    sentence.replace("{days}", &days)
}

fn counted(days: i32, [one, many]: [&str; 2]) -> String {
    if days == 1 { one.to_owned() } else { format!("{days} {many}") }
}

/// English, French; `{days}` is the distance.
const fn sentences(rule: Rule) -> [&'static str; 2] {
    match rule {
        Rule::RenewalNotice => [
            "E-mail {days} before the automatic renewal: what it costs, how it is paid and how to stop it.",
            "E-mail {days} avant le renouvellement automatique : ce qu'il coûte, comment il est payé et comment l'arrêter.",
        ],
        Rule::ExpiryReminder => [
            "E-mail {days} before expiry: the renewal is manual, the service goes on only if it is paid.",
            "E-mail {days} avant l'échéance : le renouvellement est manuel, le service ne continue que s'il est payé.",
        ],
        Rule::AutomaticRenewal => [
            "Automatic renewal: the next period begins and its invoice is issued.",
            "Renouvellement automatique : la période suivante commence et sa facture est émise.",
        ],
        Rule::RenewalCharge => [
            "The renewal invoice is paid from the prepaid balance, then by the default payment method.",
            "La facture de renouvellement est payée avec le solde prépayé, puis par le moyen de paiement par défaut.",
        ],
        Rule::ChargeRetry => [
            "The charge of the renewal is tried again, {days} after its invoice, because it is unpaid.",
            "Le prélèvement du renouvellement est retenté, {days} après sa facture, car elle est impayée.",
        ],
        Rule::NewMethod => [
            "The unpaid renewal is charged on the new default payment method.",
            "Le renouvellement impayé est prélevé sur le nouveau moyen de paiement par défaut.",
        ],
        Rule::NotRenewed => [
            "The service is suspended at its expiry unless it is renewed before: its renewal is manual.",
            "Le service est suspendu à son échéance s'il n'est pas renouvelé avant : son renouvellement est manuel.",
        ],
        Rule::Unpaid => [
            "The service is suspended because its renewal is unpaid.",
            "Le service est suspendu car son renouvellement est impayé.",
        ],
        Rule::DeletionWarning => [
            "E-mail {days} before the definitive deletion, because the service is suspended and unpaid.",
            "E-mail {days} avant la suppression définitive, car le service est suspendu et impayé.",
        ],
        Rule::UnpaidDeletion => [
            "The service is deleted definitively, because nothing was paid since its suspension.",
            "Le service est supprimé définitivement, car rien n'a été payé depuis sa suspension.",
        ],
        Rule::CancelledAtExpiry => [
            "The service is deleted definitively, because it was cancelled for this day.",
            "Le service est supprimé définitivement, car il a été résilié pour ce jour.",
        ],
        Rule::FactorsLost => [
            "E-mail about the recovery of lost second factors.",
            "E-mail sur la récupération de seconds facteurs perdus.",
        ],
        Rule::AccessTokenEnds => {
            ["E-mail about the end of an access token.", "E-mail sur l'expiration d'un jeton d'accès."]
        }
        Rule::OrderPaid => [
            "The order is paid: what was ordered becomes available.",
            "La commande est payée : ce qui a été commandé devient disponible.",
        ],
        Rule::OrderUnpaid => [
            "The order ends because it was not paid in time.",
            "La commande prend fin car elle n'a pas été payée à temps.",
        ],
        Rule::OutcomeAwaited => [
            "The payment gateway is asked what became of a payment without final outcome.",
            "La passerelle de paiement est interrogée sur un paiement sans résultat définitif.",
        ],
        Rule::CoolingOffOver => [
            "The account is closed, because its closure was not revoked.",
            "Le compte est clôturé, car sa clôture n'a pas été révoquée.",
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_sentence_in_both_languages() {
        assert!(detail(Rule::RenewalNotice, 1, Language::En).starts_with("E-mail 1 day before"));
        assert!(detail(Rule::DeletionWarning, 7, Language::Fr).starts_with("E-mail 7 jours avant"));
        for rule in Rule::ALL {
            for language in [Language::En, Language::Fr] {
                let sentence = detail(*rule, 3, language);
                assert!(!sentence.contains('{') && sentence.ends_with('.'), "{rule}: {sentence}");
            }
        }
    }
}
