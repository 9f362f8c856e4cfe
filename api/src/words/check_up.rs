//! What each item of the check-up says, in each language: when it is fine, and why it matters when it is not.

use domain::account::Language;
use domain::checkup::{CheckUpItem, Severity};

/// What an item says.
#[must_use]
pub const fn detail(item: CheckUpItem, severity: Severity, language: Language) -> &'static str {
    let [fine, bad] = sentences(item);
    let [french, english] = match severity {
        Severity::Fine => fine,
        Severity::Critical | Severity::Advised => bad,
    };
    match language {
        Language::Fr => french,
        Language::En => english,
    }
}

/// When it is fine, when it is not; French, English.
#[expect(clippy::too_many_lines, reason = "one table")]
const fn sentences(item: CheckUpItem) -> [[&'static str; 2]; 2] {
    match item {
        CheckUpItem::PrimaryEmailVerified => [
            ["L'adresse principale est vérifiée.", "The primary address is proven."],
            [
                "L'adresse principale n'est pas vérifiée : nos messages peuvent se perdre.",
                "The primary address is not proven: our messages may be lost.",
            ],
        ],
        CheckUpItem::ProfileComplete => [
            ["Le nom et l'adresse sont complets.", "Name and address are complete."],
            [
                "Il manque le nom ou l'adresse : les factures doivent les porter.",
                "Name or address are incomplete: invoices must carry them.",
            ],
        ],
        CheckUpItem::BackupEmailVerified => [
            ["Une adresse de secours est vérifiée.", "A backup address is proven."],
            [
                "Sans adresse de secours vérifiée, une boîte perdue est un compte perdu.",
                "Without a proven backup address, a lost mailbox means a lost account.",
            ],
        ],
        CheckUpItem::PhoneVerified => [
            ["Le numéro de téléphone est vérifié.", "The phone number is proven."],
            [
                "Il n'y a pas de numéro de téléphone vérifié : nous ne pourrions pas vous appeler si une adresse ne marche plus.",
                "There is no proven phone number: we could not call you should an address stop working.",
            ],
        ],
        CheckUpItem::PasswordStrong => [
            ["Le mot de passe n'est pas connu pour être faible.", "The password is not known to be weak."],
            [
                "Le mot de passe est trop facile à deviner, ou fait de vos coordonnées : choisissez-en un autre.",
                "The password is too easily guessed, or made of your own details: choose another one.",
            ],
        ],
        CheckUpItem::SecondFactorEnrolled => [
            ["Une connexion demande un second facteur.", "A login wants a second factor."],
            [
                "Le mot de passe protège seul le compte : ajoutez une clé de sécurité ou une application d'authentification.",
                "The password alone protects the account: add a security key or an authenticator app.",
            ],
        ],
        CheckUpItem::BackupCodesLeft => [
            [
                "Il y a de quoi retrouver l'accès si un second facteur est perdu.",
                "A lost second factor can be recovered from.",
            ],
            [
                "Il reste trop peu de codes de secours utilisables : un appareil perdu coûterait trois jours d'attente.",
                "Too few backup codes can be used: a lost device would cost three days of waiting.",
            ],
        ],
        CheckUpItem::SecurityKeysSound => [
            ["Aucune clé de sécurité n'est suspendue.", "No security key is suspended."],
            [
                "Une clé de sécurité est suspendue, car quelqu'un d'autre a pu la copier ou l'ajouter : retirez-la.",
                "A security key is suspended, because somebody else may have copied or added it: remove it.",
            ],
        ],
        CheckUpItem::SessionsInUse => [
            ["Toutes les sessions ouvertes servent.", "Every open session is in use."],
            [
                "Une session est ouverte et n'a pas servi depuis longtemps : fermez-la si vous ne la connaissez plus.",
                "A session is open and was not used for long: end it if you do not know it any more.",
            ],
        ],
        CheckUpItem::AccessTokensInUse => [
            ["Tous les jetons d'accès servent.", "Every access token is in use."],
            [
                "Un jeton d'accès n'a pas servi depuis plus de six semaines : révoquez-le si aucun programme n'en a besoin.",
                "An access token was not used for more than six weeks: revoke it if no program needs it.",
            ],
        ],
        CheckUpItem::EmailsArrive => [
            ["Nos messages arrivent.", "Our messages arrive."],
            [
                "Nos messages à l'une de vos adresses nous reviennent : confirmez-la de nouveau ou choisissez-en une autre.",
                "Our messages to one of your addresses come back: confirm it again, or choose another one.",
            ],
        ],
        CheckUpItem::AntiPhishingPhraseSet => [
            ["Nos messages portent votre phrase.", "Our messages carry your phrase."],
            [
                "Sans phrase à vous dans nos messages, une imitation se remarque moins : choisissez-en une.",
                "Without a phrase of yours in our messages, a forgery is harder to notice: choose one.",
            ],
        ],
        CheckUpItem::PaymentMethodValid => [
            ["Le moyen de paiement par défaut est valable.", "The default payment method is valid."],
            [
                "Il n'y a pas de moyen de paiement par défaut valable : les renouvellements automatiques échoueront.",
                "There is no valid default payment method: automatic renewals will fail.",
            ],
        ],
        CheckUpItem::PaymentMethodOutlivesRenewals => [
            [
                "Le moyen de paiement couvre les prochains renouvellements.",
                "The payment method outlives the next renewals.",
            ],
            [
                "Le moyen de paiement expire avant un renouvellement automatique : remplacez-le.",
                "The payment method ends before an automatic renewal: replace it.",
            ],
        ],
        CheckUpItem::InvoicesPaid => [
            ["Toutes les factures sont payées.", "Every invoice is paid."],
            [
                "Une facture attend son paiement : le service concerné peut être suspendu.",
                "An invoice waits for its payment: its service may be suspended.",
            ],
        ],
        CheckUpItem::ServicesRenewed => [
            ["Aucun service n'est près de s'arrêter.", "No service is about to end."],
            [
                "Un service en renouvellement manuel arrive à échéance, ou un service est suspendu : renouvelez-le, ou il sera supprimé.",
                "A manually renewed service is about to expire, or a service is suspended: renew it, or it will be deleted.",
            ],
        ],
        CheckUpItem::OrdersClear => [
            ["Aucune commande ne vous attend.", "No order waits for you."],
            ["Une commande attend une action de votre part.", "An order waits for something you must do."],
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_says_why_in_both_languages() {
        let mut seen = std::collections::BTreeSet::new();
        for item in CheckUpItem::ALL {
            for severity in [Severity::Fine, Severity::Critical] {
                for language in [Language::Fr, Language::En] {
                    let words = detail(*item, severity, language);
                    assert!(words.ends_with('.') && words.chars().count() <= 200, "{item}: {words}");
                    assert!(seen.insert(words), "{item} repeats: {words}");
                }
            }
        }
    }
}
