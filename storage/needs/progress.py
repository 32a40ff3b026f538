"""The figures that `/progress` shows: only those that a message asks for, since they concern everybody."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.progress import Absent, By, Choosing, Figures, Grouped
from bot.domain.reporting import PAGE, Asked, asked
from bot.domain.scene import Need, Scene
from bot.errors import UsageError
from storage import progress
from storage.needs.loader import Loader
from storage.scenes import Surroundings
from storage.statements import Steps


def _progress(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    """Two of the team who ask for the same in one instant share one look."""
    looked: dict[Asked, Figures | None] = {}
    result = []
    for scene in scenes:
        wanted = asked(scene)
        if wanted is not None and wanted not in looked:
            looked[wanted] = yield from _figures(wanted, scene, around)
        result.append(scene if wanted is None else replace(scene, progress=looked[wanted]))
    return result


def _figures(wanted: Asked, scene: Scene, around: Surroundings) -> Steps[Figures | None]:
    try:
        form = yield from progress.find_form(wanted.form)
    except UsageError:
        return None
    now, page = scene.now, max(1, wanted.page)
    before = (page - 1) * PAGE
    match wanted.view:
        case "forms":
            return Choosing(form=form)
        case "tags":
            return Choosing(form=form, tags=(yield from progress.tags()))
        case "company":
            whole = yield from progress.company_counts(form, now=now)
            groups, total = yield from progress.company_page(form, now=now, many=PAGE, before=before)
            return Grouped(form=form, by="company", key="", groups=groups, total=total, page=page, whole=whole)
        case "missing":
            counts, _ = yield from progress.counts(form, now=now)
            people = yield from progress.missing(form, now=now, many=PAGE, before=before)
            return Absent(form=form, people=people, total=counts.invited - counts.submitted, page=page)
        case "overview":
            compiled = yield from around.library.get([form.version])
            return (yield from progress.overview(form, compiled.get(form.version), now=now))
        case view:
            key = view.removeprefix("tag:")
            by: By = "channel" if view == "channel" else "tag"
            found = yield from progress.groups(form, by, key, now=now)
            shown = found[before : before + PAGE]
            return Grouped(form=form, by=by, key=key, groups=shown, total=len(found), page=page)


LOADERS: dict[Need, Loader] = {"progress": _progress}
