//! What pages need to know of a [`Viewset`] before they ask for any row.

use super::action::Action;
use super::backend::{Face, FilterFace, Head, SearchFace};
use super::detail::Detail;
use super::form::Form;
use super::list::List;
use super::viewset::Viewset;
use crate::db::Model;

pub(super) fn face<V: Viewset>(
    viewset: &V,
    list: &List<V::Model>,
    detail: &Detail<V::Model>,
    create: Option<&Form<V::Model>>,
    update: Option<&Form<V::Model>>,
) -> Face {
    let meta = viewset.meta();
    let head = |name: &&'static str| Head {
        name,
        label: list.columns.label(name),
        sortable: list.sort_field(name).is_some(),
    };
    let filters = list.filters.iter().map(|filter| FilterFace {
        name: filter.name.clone(),
        label: filter.label.clone(),
        order: filter.order,
    });
    let faces = |actions: &[Action<V::Model>]| actions.iter().map(|it| it.face.clone()).collect();
    Face {
        one: meta.one(V::Model::NAME).to_owned(),
        meta,
        columns: list.columns.names.iter().map(head).collect(),
        order: list.order,
        filters: filters.collect(),
        search: list.search.as_ref().map(|search| SearchFace {
            hint: search.hint.clone(),
            kept_as: search.kept_as,
        }),
        actions: faces(&list.actions),
        tasks: list.tasks.iter().map(|task| task.face.clone()).collect(),
        object_actions: faces(&detail.actions),
        create: create.map(|form| form.fields.clone()),
        update: update.map(|form| form.fields.clone()),
        delete: viewset.delete(),
        cards: viewset.cards(),
        page_size: list.page_size,
    }
}
