//! The guide's advice for this account, in words, with what mends it.

use crate::actions::account::check_up;
use crate::app::App;
use crate::http::caller::Require;
use crate::http::reply::Reply;
use crate::http::scope::AccountRead;
use crate::problem::Problem;
use actix_web::get;
use actix_web::web::Data;
use domain::account::Language;
use domain::checkup::{CheckUpItem, Severity, score};
use serde::Serialize;
use utoipa::ToSchema;

/// The advice for an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CheckUp)]
pub struct CheckUpView {
    /// The share of items that are in order, in percent.
    #[schema(minimum = 0, maximum = 100, example = 66)]
    score: u32,
    /// Every item, the most pressing first.
    #[schema(max_items = 50)]
    items: Vec<ItemView>,
}

/// One advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CheckUpItem)]
pub struct ItemView {
    /// What was looked at. Extensible enum.
    #[schema(max_length = 48, example = "backup_email_verified")]
    code: String,
    /// `critical`, `advised` or `fine`. Extensible enum.
    #[schema(max_length = 16, example = "critical")]
    severity: String,
    /// What it is about, in the caller's language.
    #[schema(max_length = 300, example = "Without a proven backup address, a lost mailbox means a lost account.")]
    detail: String,
    /// What to do; left out when all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    mend: Option<MendView>,
}

/// The operation that mends something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CheckUpMend)]
pub struct MendView {
    /// The operation, as the contract names it.
    #[schema(max_length = 64, example = "set_backup_email")]
    operation_id: String,
    /// Its path.
    #[schema(max_length = 200, example = "/v1/account/backup-email")]
    href: String,
}

struct Words {
    mend: (&'static str, &'static str),
    fine: [&'static str; 2],
    bad: [&'static str; 2],
}

/// The check-up.
#[utoipa::path(
    operation_id = "get_check_up", tag = "Account",
    summary = "Check the account up",
    description = "What keeps the account and its services safe, item by item: whether it is in order, why it matters, and the operation that mends it. Details follow `Accept-Language`.",
    security(("bearer" = ["account:read"])),
    responses((status = 200, description = "The advice", body = CheckUpView)),
)]
#[get("/account/check-up")]
pub async fn get_check_up(app: Data<App>, caller: Require<AccountRead>) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let items = check_up::check_up(&**app.read(), &caller.account, caller.now).await?;
    let view = |(item, severity): &(CheckUpItem, Severity)| ItemView::of(*item, *severity, caller.language());
    Ok(Reply::ok(&CheckUpView { score: score(&items), items: items.iter().map(view).collect() }))
}

impl ItemView {
    fn of(item: CheckUpItem, severity: Severity, language: Language) -> Self {
        let Words { mend: (operation_id, href), fine, bad } = words(item);
        let ok = severity == Severity::Fine;
        let [french, english] = if ok { fine } else { bad };
        let detail = match language {
            Language::Fr => french,
            Language::En => english,
        };
        Self {
            code: item.to_string(),
            severity: severity.to_string(),
            detail: detail.to_owned(),
            mend: (!ok).then(|| MendView { operation_id: operation_id.to_owned(), href: href.to_owned() }),
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one table")]
const fn words(item: CheckUpItem) -> Words {
    match item {
        CheckUpItem::PrimaryEmailVerified => Words {
            mend: ("resend_email_verification", "/v1/accounts/email-verification/resend"),
            fine: ["L'adresse principale est vérifiée.", "The primary address is proven."],
            bad: [
                "L'adresse principale n'est pas vérifiée : nos messages peuvent se perdre.",
                "The primary address is not proven: our messages may be lost.",
            ],
        },
        CheckUpItem::ProfileComplete => Words {
            mend: ("update_account", "/v1/account"),
            fine: ["Le nom et l'adresse sont complets.", "Name and address are complete."],
            bad: [
                "Il manque le nom ou l'adresse : les factures doivent les porter.",
                "Name or address are incomplete: invoices must carry them.",
            ],
        },
        CheckUpItem::BackupEmailVerified => Words {
            mend: ("set_backup_email", "/v1/account/backup-email"),
            fine: ["Une adresse de secours est vérifiée.", "A backup address is proven."],
            bad: [
                "Sans adresse de secours vérifiée, une boîte perdue est un compte perdu.",
                "Without a proven backup address, a lost mailbox means a lost account.",
            ],
        },
        CheckUpItem::EmailsArrive => Words {
            mend: ("resend_email_address_code", "/v1/account/email-routing/resend"),
            fine: ["Nos messages arrivent.", "Our messages arrive."],
            bad: [
                "Nos messages à l'une de vos adresses nous reviennent : confirmez-la de nouveau ou choisissez-en une autre.",
                "Our messages to one of your addresses come back: confirm it again, or choose another one.",
            ],
        },
        CheckUpItem::SecondFactorEnrolled => Words {
            mend: ("begin_security_key_registration", "/v1/security/security-keys/registration-options"),
            fine: ["Une connexion demande un second facteur.", "A login wants a second factor."],
            bad: [
                "Le mot de passe protège seul le compte : ajoutez une clé de sécurité ou une application d'authentification.",
                "The password alone protects the account: add a security key or an authenticator app.",
            ],
        },
        CheckUpItem::SecurityKeysSound => Words {
            mend: ("list_security_keys", "/v1/security/security-keys"),
            fine: ["Aucune clé de sécurité n'est suspendue.", "No security key is suspended."],
            bad: [
                "Une clé de sécurité semble avoir été copiée et est suspendue : retirez-la.",
                "A security key seems to have been copied and is suspended: remove it.",
            ],
        },
        CheckUpItem::PaymentMethodValid => Words {
            mend: ("add_payment_method", "/v1/payment-methods"),
            fine: ["Le moyen de paiement par défaut est valable.", "The default payment method is valid."],
            bad: [
                "Il n'y a pas de moyen de paiement par défaut valable : les renouvellements automatiques échoueront.",
                "There is no valid default payment method: automatic renewals will fail.",
            ],
        },
        CheckUpItem::PaymentMethodOutlivesRenewals => Words {
            mend: ("add_payment_method", "/v1/payment-methods"),
            fine: [
                "Le moyen de paiement couvre les prochains renouvellements.",
                "The payment method outlives the next renewals.",
            ],
            bad: [
                "Le moyen de paiement expire avant un renouvellement automatique : remplacez-le.",
                "The payment method ends before an automatic renewal: replace it.",
            ],
        },
        CheckUpItem::InvoicesPaid => Words {
            mend: ("list_invoices", "/v1/invoices?status=open&status=past_due"),
            fine: ["Toutes les factures sont payées.", "Every invoice is paid."],
            bad: [
                "Une facture attend son paiement : le service concerné peut être suspendu.",
                "An invoice waits for its payment: its service may be suspended.",
            ],
        },
        CheckUpItem::ServicesRenewed => Words {
            mend: ("list_services", "/v1/services?sort=expires_on"),
            fine: ["Aucun service n'est près de s'arrêter.", "No service is about to end."],
            bad: [
                "Un service en renouvellement manuel arrive à échéance ou est suspendu : renouvelez-le, ou il sera supprimé.",
                "A manually renewed service is about to expire or is suspended: renew it, or it will be deleted.",
            ],
        },
        CheckUpItem::OrdersClear => Words {
            mend: ("list_orders", "/v1/orders?status=awaiting_payment&status=documents_requested"),
            fine: ["Aucune commande ne vous attend.", "No order waits for you."],
            bad: ["Une commande attend une action de votre part.", "An order waits for something you must do."],
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_says_what_mends_it_until_it_is_fine() {
        for item in CheckUpItem::ALL {
            let bad = ItemView::of(*item, Severity::Critical, Language::Fr);
            let fine = ItemView::of(*item, Severity::Fine, Language::En);
            assert!(bad.mend.is_some() && fine.mend.is_none() && bad.detail != fine.detail, "{item}");
        }
    }
}
