//! What a person says once is said once, and can be taken back.

use cqrs_es::test::TestFramework;

use super::*;
use crate::rules::Condition;

fn lunch() -> Rule {
    Rule {
        name: "Lounas".to_owned(),
        conditions: vec![Condition::TextHolds { words: "unicafe".to_owned() }],
        category: "restaurants".to_owned(),
        stops: true,
    }
}

fn adopt(from_version: u32, over_past: bool) -> GuidanceCommand {
    GuidanceCommand::AdoptRules { from_version, rules: vec![lunch()], over_past }
}

fn adopted(version: u32) -> GuidanceEvent {
    let set = RuleSet { version, rules: vec![lunch()] };
    GuidanceEvent::RulesAdopted(RulesAdopted { set, over_past: false })
}

fn named(category: Option<&str>) -> PayeeNamed {
    let category = category.map(str::to_owned);
    PayeeNamed { payee: "kioski kulma".to_owned(), category, over_past: false }
}

#[test]
fn rules_count_their_versions_and_the_same_ones_are_nothing_new() {
    let framework = || TestFramework::<Guidance>::with(());
    framework()
        .given_no_previous_events()
        .when(adopt(0, false))
        .then_expect_events(vec![adopted(1)]);
    framework().given(vec![adopted(1)]).when(adopt(1, false)).then_expect_events(vec![]);
    let set = RuleSet { version: 2, rules: vec![lunch()] };
    let again = GuidanceEvent::RulesAdopted(RulesAdopted { set, over_past: true });
    framework().given(vec![adopted(1)]).when(adopt(1, true)).then_expect_events(vec![again]);
}

#[test]
fn rules_written_on_others_than_the_last_are_refused() {
    TestFramework::<Guidance>::with(())
        .given(vec![adopted(1)])
        .when(adopt(0, false))
        .then_expect_error(GuidanceRefusal::Moved);
}

#[test]
fn a_payee_is_named_once_and_can_be_taken_back() {
    let framework = || TestFramework::<Guidance>::with(());
    let event = |category| GuidanceEvent::PayeeNamed(named(category));
    let name = |category| GuidanceCommand::NamePayee(named(category));
    framework()
        .given_no_previous_events()
        .when(name(Some("groceries")))
        .then_expect_events(vec![event(Some("groceries"))]);
    framework()
        .given(vec![event(Some("groceries"))])
        .when(name(Some("groceries")))
        .then_expect_events(vec![]);
    framework()
        .given(vec![event(Some("groceries"))])
        .when(name(None))
        .then_expect_events(vec![event(None)]);
    framework()
        .given_no_previous_events()
        .when(name(Some("kiosks")))
        .then_expect_error(GuidanceRefusal::Category);
}

#[test]
fn a_budget_and_a_muted_notice_are_said_once() {
    let budget = |limit_minor| BudgetSet {
        category: "groceries".to_owned(),
        currency: Currency::EUR,
        limit_minor,
    };
    let mute = |muted| NoticeMuted { key: "double_charge:1".to_owned(), muted };
    let before = || {
        TestFramework::<Guidance>::with(()).given(vec![
            GuidanceEvent::BudgetSet(budget(Some(40_000))),
            GuidanceEvent::NoticeMuted(mute(true)),
        ])
    };
    let set = |limit| GuidanceCommand::SetBudget(budget(limit));
    before().when(set(Some(40_000))).then_expect_events(vec![]);
    before().when(set(Some(-1))).then_expect_error(GuidanceRefusal::Limit);
    before().when(set(None)).then_expect_events(vec![GuidanceEvent::BudgetSet(budget(None))]);
    before().when(GuidanceCommand::MuteNotice(mute(true))).then_expect_events(vec![]);
    before()
        .when(GuidanceCommand::MuteNotice(mute(false)))
        .then_expect_events(vec![GuidanceEvent::NoticeMuted(mute(false))]);
}

#[test]
fn one_forecast_a_day_is_kept() {
    let made = |day: u32| ForecastMade {
        made_on: NaiveDate::from_ymd_opt(2026, 3, day).unwrap_or_default(),
        balance: Money::new(120_000, Currency::EUR),
        points: vec![ForecastPoint {
            day: NaiveDate::from_ymd_opt(2026, 4, 1).unwrap_or_default(),
            known_minor: 100_000,
            low_minor: Some(80_000),
            high_minor: Some(130_000),
        }],
    };
    let keep = |day| GuidanceCommand::KeepForecast(made(day));
    let event = |day| GuidanceEvent::ForecastMade(made(day));
    let framework = || TestFramework::<Guidance>::with(()).given(vec![event(3)]);
    framework().when(keep(3)).then_expect_events(vec![]);
    framework().when(keep(4)).then_expect_events(vec![event(4)]);
}

#[test]
fn a_refund_is_judged_once_and_that_can_be_taken_back() {
    let id = |number| TransactionId(uuid::Uuid::from_u128(number));
    let judged = |belongs| RefundJudged { out: id(1), back: id(2), belongs };
    let judge = |belongs| GuidanceCommand::JudgeRefund(judged(belongs));
    let event = |belongs| GuidanceEvent::RefundJudged(judged(belongs));
    let framework = || TestFramework::<Guidance>::with(()).given(vec![event(Some(true))]);
    framework().when(judge(Some(true))).then_expect_events(vec![]);
    framework().when(judge(Some(false))).then_expect_events(vec![event(Some(false))]);
    framework().when(judge(None)).then_expect_events(vec![event(None)]);
    let itself = RefundJudged { out: id(1), back: id(1), belongs: Some(true) };
    framework().when(GuidanceCommand::JudgeRefund(itself)).then_expect_error(GuidanceRefusal::Same);
}
