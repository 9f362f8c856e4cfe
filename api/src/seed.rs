//! The demo catalogue.

use crate::actions::catalog::publish::{NewPlan, Texts, publish};
use crate::actions::{Context, Error};
use crate::app::App;
use domain::calendar::Period;
use domain::money::Scaled6;
use domain::policy::{Delivery, RenewalPolicy};
use entity::plan;
use sea_orm::{EntityTrait, PaginatorTrait};

/// A plan of the demo catalogue; prices in euros, net of tax.
struct Demo {
    code: &'static str,
    kind: &'static str,
    names: [&'static str; 2],
    descriptions: [&'static str; 2],
    delivery: Delivery,
    prices: &'static [(Period, &'static str)],
}

const DEMO: &[Demo] = &[
    Demo {
        code: "vps-starter",
        kind: "vps",
        names: ["VPS Starter", "VPS Starter"],
        descriptions: [
            "Serveur privé virtuel : 2 vCœurs, 4 Go de mémoire, 40 Go NVMe.",
            "Virtual private server: 2 vCores, 4 GB of memory, 40 GB NVMe.",
        ],
        delivery: Delivery::Automatic,
        prices: &[(Period::P1M, "6.00"), (Period::P3M, "17.00"), (Period::P1Y, "60.00")],
    },
    Demo {
        code: "domain-fr",
        kind: "domain",
        names: ["Nom de domaine .fr", ".fr domain name"],
        descriptions: ["Un nom de domaine en .fr.", "A domain name under .fr."],
        delivery: Delivery::Automatic,
        prices: &[(Period::P1Y, "8.50")],
    },
    Demo {
        code: "hosting-pro",
        kind: "hosting",
        names: ["Hébergement Pro", "Pro hosting"],
        descriptions: [
            "Hébergement web : 250 Go, bases de données, messagerie.",
            "Web hosting: 250 GB, databases, mailboxes.",
        ],
        delivery: Delivery::Automatic,
        prices: &[(Period::P1M, "5.00"), (Period::P1Y, "50.00")],
    },
    Demo {
        code: "dedicated-1",
        kind: "dedicated",
        names: ["Serveur dédié 1", "Dedicated server 1"],
        descriptions: [
            "Serveur dédié : 8 cœurs, 32 Go de mémoire, 2 × 960 Go NVMe, installé par nos équipes.",
            "Dedicated server: 8 cores, 32 GB of memory, 2 × 960 GB NVMe, installed by our teams.",
        ],
        delivery: Delivery::Operator,
        prices: &[(Period::P1M, "49.00")],
    },
];

impl Demo {
    fn plan(&self) -> Result<NewPlan, Error> {
        let texts = |[fr, en]: [&str; 2]| Texts { fr: fr.to_owned(), en: en.to_owned() };
        let price = |(period, amount): &(Period, &str)| {
            let amount: Scaled6 = amount.parse().map_err(Error::internal)?;
            Ok((*period, amount))
        };
        Ok(NewPlan {
            code: self.code.to_owned(),
            kind: self.kind.to_owned(),
            names: texts(self.names),
            descriptions: texts(self.descriptions),
            delivery: self.delivery,
            policy: RenewalPolicy::default(),
            prices: self.prices.iter().map(price).collect::<Result<_, Error>>()?,
        })
    }
}

/// Publishes the demo catalogue, unless there is a catalogue already.
///
/// # Errors
/// The database's.
pub async fn demo(app: &App) -> Result<(), Error> {
    let now = app.now();
    app.transact(async |tx| {
        if plan::Entity::find().count(&**tx).await? > 0 {
            return Ok(());
        }
        let cx = Context::scheduler(&app.tools, now, now);
        for demo in DEMO {
            publish(tx, &cx, &demo.plan()?).await?;
        }
        Ok(())
    })
    .await
}
