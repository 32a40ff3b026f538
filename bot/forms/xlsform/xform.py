"""Reads the XForm that pyxform writes into a blueprint (ODK XForms specification, getodk.github.io/xforms-spec)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from types import MappingProxyType
from xml.etree.ElementTree import Element, ParseError, fromstring

from bot.errors import FormError
from bot.forms.blueprint import Action, Blueprint, Control, Entry, Itemset, Label, Option, Part, Row, Seed
from bot.forms.xlsform.languages import with_quotes_back
from bot.forms.xlsform.lists import read_csv

_JAVAROSA = "{http://openrosa.org/javarosa}"
_CONTROLS: Mapping[str, Control] = {
    "input": "input", "secret": "input", "select": "select", "select1": "select1", "rank": "rank", "range": "range",
    "trigger": "trigger", "upload": "upload",
}  # fmt: skip
_TRUE = "true()"


@dataclass(slots=True)
class _Body:
    """What the body says of places: path of the XForm -> element; repeats and the actions inside controls too."""

    controls: dict[str, Element] = field(default_factory=dict)
    repeats: dict[str, Element] = field(default_factory=dict)
    labels: dict[str, Element] = field(default_factory=dict)
    actions: list[tuple[Element, str]] = field(default_factory=list)


def read_xform(text: str, *, files: Mapping[str, bytes]) -> Blueprint:
    """Return the blueprint of an XForm.

    Args:
        text: the XForm, as pyxform wrote it.
        files: csv files beside the form, by the name of the list.

    Raises:
        FormError: it is no XForm.
    """
    try:
        html = fromstring(text)  # noqa: S314 (only ever given what pyxform has just written)
    except ParseError as error:
        raise FormError("a name, a header or a text holds a character that XForms cannot") from error
    model, body = _only(html, "model"), _only(html, "body")
    instances = [child for child in model if _name(child) == "instance"]
    root = next(iter(instances[0]), None) if instances else None
    if root is None:
        raise FormError("the form asks nothing")
    found = _read_body(body)
    binds = {bind.get("nodeset", ""): bind for bind in model if _name(bind) == "bind"}
    reader = _Reader(root, found=found, binds=binds)
    entries = tuple(reader.entries(root, path=f"/{_name(root)}"))
    texts, languages = _texts(model)
    lists = {instance.get("id", ""): _list(instance, files=files) for instance in instances[1:]}
    return Blueprint(
        root=_name(root),
        entries=entries,
        actions=tuple(_actions(model, found=found, root=_name(root))),
        lists=MappingProxyType(lists),
        texts=texts,
        languages=languages,
        beginning=reader.seed(root),
    )


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _only(element: Element, name: str) -> Element:
    found = next((child for child in element.iter() if _name(child) == name), None)
    if found is None:
        raise FormError(f"the form has no {name}")
    return found


def _read_body(body: Element) -> _Body:
    found = _Body()
    _descend(body, found=found, around="")
    return found


def _descend(element: Element, *, found: _Body, around: str) -> None:
    for child in element:
        name, reference = _name(child), child.get("ref") or child.get("nodeset") or ""
        if name == "repeat":
            found.repeats[reference] = child
            _descend(child, found=found, around=reference)
        elif name == "group":
            found.labels.setdefault(reference, child)
            _descend(child, found=found, around=around)
        elif name == "setvalue":
            found.actions.append((child, ""))
        elif name in _CONTROLS:
            found.controls[reference] = child
            found.actions += [(inner, reference) for inner in child if _name(inner) == "setvalue"]


class _Reader:
    """Walks over the primary instance: each element with its bind and its control is an entry."""

    def __init__(self, root: Element, *, found: _Body, binds: Mapping[str, Element]) -> None:
        self._root = f"/{_name(root)}"
        self._body = found
        self._binds = binds
        self._templates: set[Element] = set()

    def entries(self, element: Element, *, path: str) -> Iterator[Entry]:
        """Yield what stands in an element, groups before what is in them."""
        seen: set[str] = set()
        for child in element:
            name = _name(child)
            if name in seen:
                continue
            seen.add(name)
            yield from self._entry(child, path=f"{path}/{name}")

    def _entry(self, element: Element, *, path: str) -> Iterator[Entry]:
        bind = self._binds.get(path, Element("bind"))
        inner = path.removeprefix(f"{self._root}/")
        repeat = self._body.repeats.get(path)
        if repeat is not None:
            yield self._repeat(element, path=path, bind=bind, repeat=repeat)
        elif len(element) or path in self._body.labels:
            yield Entry(
                path=inner, sort="group", relevant=bind.get("relevant", ""), read_only=bind.get("readonly", ""),
                label=_label(self._body.labels.get(path)),
            )  # fmt: skip
        else:
            yield _question(inner, bind=bind, control=self._body.controls.get(path))
            return
        yield from self.entries(element, path=path)

    def _repeat(self, element: Element, *, path: str, bind: Element, repeat: Element) -> Entry:
        explicit = element.get(f"{_JAVAROSA}template") is not None
        if explicit:
            self._templates.add(element)
        count = repeat.get(f"{_JAVAROSA}count", "")
        if not count and repeat.get(f"{_JAVAROSA}noAddRemove", "").strip() == _TRUE:
            count = "1"
        return Entry(
            path=path.removeprefix(f"{self._root}/"), sort="repeat", relevant=bind.get("relevant", ""),
            read_only=bind.get("readonly", ""), count=count,
            template=self.seed(element) if explicit else _blank(element),
            label=_label(self._body.labels.get(path, repeat)),
        )  # fmt: skip

    def seed(self, element: Element) -> Seed:
        """Return the answers with which an element begins."""
        return Seed(
            name=_name(element), text=(element.text or "") if not len(element) else "",
            is_template=element in self._templates or element.get(f"{_JAVAROSA}template") is not None,
            children=tuple(self.seed(child) for child in element),
        )  # fmt: skip


def _blank(element: Element) -> Seed:
    """Return the structure of an element without its values: what a repeat without a template begins with."""
    return Seed(name=_name(element), children=tuple(map(_blank, element)))


def _question(path: str, *, bind: Element, control: Element | None) -> Entry:
    kind = _CONTROLS[_name(control)] if control is not None else ""
    read_only = bind.get("readonly", "")
    if kind == "input" and read_only.strip() == _TRUE:
        kind = "note"
    preload = bind.get(f"{_JAVAROSA}preload", "")
    itemset = next((child for child in control if _name(child) == "itemset"), None) if control is not None else None
    return Entry(
        path=path, sort="question", type=_type(bind.get("type", "")), control=kind,
        relevant=bind.get("relevant", ""), required=bind.get("required", ""), read_only=read_only,
        constraint=bind.get("constraint", ""), calculation=bind.get("calculate", ""),
        options=tuple(_options(control)) if control is not None else (),
        itemset=_itemset(itemset) if itemset is not None else None, label=_label(control),
        preload=f"{preload} {bind.get(f'{_JAVAROSA}preloadParams', '')}".strip(),
        low=control.get("start", "") if control is not None else "",
        high=control.get("end", "") if control is not None else "",
    )  # fmt: skip


def _type(written: str) -> str:
    return written.removeprefix("xsd:") or "string"


def _options(control: Element) -> Iterator[Option]:
    for item in control:
        if _name(item) == "item":
            value = next((child.text or "" for child in item if _name(child) == "value"), "")
            yield Option(name=value, label=_label(item))


def _itemset(element: Element) -> Itemset:
    value = next(child.get("ref", "") for child in element if _name(child) == "value")
    return Itemset(nodes=element.get("nodeset", ""), name=value, label=_label(element))


def _label(element: Element | None) -> Label:
    label = next((child for child in element if _name(child) == "label"), None) if element is not None else None
    if label is None:
        return Label()
    reference = label.get("ref", "").strip()
    if reference.startswith("jr:itext('") and reference.endswith("')"):
        return Label(translation=reference[len("jr:itext('") : -2])
    if reference:
        return Label(expression=reference)
    return Label(parts=tuple(_parts(label)))


def _parts(element: Element) -> Iterator[Part]:
    if element.text:
        yield Part(with_quotes_back(element.text))
    for child in element:
        if _name(child) == "output":
            yield Part(child.get("value") or child.get("ref") or "", is_output=True)
        if child.tail:
            yield Part(with_quotes_back(child.tail))


def _texts(model: Element) -> tuple[Mapping[str, Mapping[str, tuple[Part, ...]]], tuple[str, ...]]:
    texts: dict[str, Mapping[str, tuple[Part, ...]]] = {}
    order: list[str] = []
    for translation in model.iter():
        if _name(translation) != "translation":
            continue
        language = translation.get("lang", "")
        texts[language] = MappingProxyType(
            {
                text.get("id", ""): tuple(_parts(value))
                for text in translation
                for value in text
                if _name(value) == "value" and value.get("form") is None
            }
        )
        order.insert(0 if translation.get("default") else len(order), language)
    return MappingProxyType(texts), tuple(order)


def _list(instance: Element, *, files: Mapping[str, bytes]) -> tuple[Row, ...]:
    """Return the rows of a list; one that is a file and not there is empty."""
    name = PurePath(instance.get("src", "")).stem
    return read_csv(files[name]) if name in files else tuple(_rows(instance))


def _rows(instance: Element) -> Iterator[Row]:
    for root in instance:
        for item in root:
            yield tuple((_name(cell), with_quotes_back(cell.text or "")) for cell in item)


def _actions(model: Element, *, found: _Body, root: str) -> Iterator[Action]:
    elements = [(child, "") for child in model if _name(child) == "setvalue"]
    for element, source in [*elements, *found.actions]:
        yield Action(
            events=tuple(element.get("event", "").split()),
            target=element.get("ref", "").removeprefix(f"/{root}/"),
            value=element.get("value") or (f"'{element.text}'" if element.text else "''"),
            source=source.removeprefix(f"/{root}/"),
        )
