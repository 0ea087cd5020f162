// The list of node types: by category, searched, with recent and favourite ones first; dragged or added by key.

import { useMemo, useRef, useState } from "react";
import { DRAG_TYPE } from "../canvas/Canvas.jsx";
import { search } from "../state/fuzzy.js";
import { Icon } from "../ui/Icon.jsx";
import { IconButton, useSession, useView } from "../ui/parts.jsx";

export function Palette({ onClose }) {
  const session = useSession();
  const types = useView((s) => s.catalogue.types);
  const byKind = useView((s) => s.catalogue.byKind);
  const preferences = useView((s) => s.preferences);
  const readOnly = useView((s) => s.readOnly);
  const [query, setQuery] = useState("");
  const list = useRef(null);
  const groups = useMemo(() => group(types, byKind, preferences, query), [types, byKind, preferences, query]);
  const add = (kind) => {
    const id = session.addNode(kind);
    if (id) session.openNode(id);
  };
  const move = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const items = [...list.current.querySelectorAll(".ff-type")];
    const at = items.indexOf(event.target.closest(".ff-type"));
    const next = items[at + step];
    if (next) next.focus();
    else if (step < 0) event.currentTarget.querySelector("input").focus();
  };
  const onSearchKey = (event) => {
    const first = list.current.querySelector(".ff-type");
    if (event.key === "Enter" && query.trim() && first) add(first.dataset.kind);
    if (event.key === "Escape") (query ? setQuery("") : session.focus?.());
  };
  const toggle = (name) => {
    const { closed } = preferences;
    session.setPreferences({ closed: closed.includes(name) ? closed.filter((n) => n !== name) : [...closed, name] });
  };
  return (
    <aside className="ff-palette" aria-label="Node types" onKeyDown={move} data-read-only={readOnly || undefined}>
      <div className="ff-palette-top">
        <label className="ff-search"><Icon name="search" size={14} /><input value={query} placeholder="Search nodes" aria-label="Search nodes" onChange={(e) => setQuery(e.target.value)} onKeyDown={onSearchKey} /></label>
        <IconButton icon="panel-left" label="Hide the node types" onClick={onClose} />
      </div>
      <div className="ff-palette-list" ref={list}>
        {groups.map(({ name, members }) => {
          const isClosed = !query && preferences.closed.includes(name);
          return (
            <section key={name}>
              {name ? <button type="button" className="ff-group" aria-expanded={!isClosed} onClick={() => toggle(name)}><Icon name={isClosed ? "chevron-right" : "chevron-down"} size={12} />{name}</button> : null}
              {isClosed ? null : members.map((type) => (
                <TypeItem key={type.kind} type={type} isFavourite={preferences.favourites.includes(type.kind)} onAdd={add} readOnly={readOnly} />
              ))}
            </section>
          );
        })}
        {groups.length ? null : <p className="ff-none">No node type fits “{query}”.</p>}
      </div>
    </aside>
  );
}

function TypeItem({ type, isFavourite, onAdd, readOnly }) {
  const session = useSession();
  const onDragStart = (event) => {
    event.dataTransfer.setData(DRAG_TYPE, type.kind);
    event.dataTransfer.effectAllowed = "copy";
  };
  const onKeyDown = (event) => event.key === "Enter" && onAdd(type.kind);
  return (
    <div className="ff-type" role="button" tabIndex={0} draggable={!readOnly} data-kind={type.kind} style={{ "--tint": type.color }} title={`${type.title}: ${type.summary}`} onDragStart={onDragStart} onDoubleClick={() => onAdd(type.kind)} onKeyDown={onKeyDown}>
      <span className="ff-tile"><Icon name={type.icon} size={15} /></span>
      <span className="ff-type-title">{type.title}</span>
      <button type="button" className={`ff-star ${isFavourite ? "is-on" : ""}`} tabIndex={-1} aria-label={isFavourite ? "Not a favourite any more" : "Make it a favourite"} title={isFavourite ? "Favourite" : "Make it a favourite"} onClick={(event) => { event.stopPropagation(); session.toggleFavourite(type.kind); }} onDoubleClick={(event) => event.stopPropagation()}>
        <Icon name="star" size={13} />
      </button>
    </div>
  );
}

function group(types, byKind, { favourites, recent }, query) {
  if (query.trim()) {
    const members = search(types, query);
    return members.length ? [{ name: "", members }] : [];
  }
  const pick = (kinds) => kinds.map((kind) => byKind[kind]).filter(Boolean);
  const groups = [{ name: "Favourites", members: pick(favourites) }, { name: "Recent", members: pick(recent.filter((kind) => !favourites.includes(kind))) }];
  for (const type of types) {
    let found = groups.find((g) => g.name === type.category);
    if (!found) groups.push((found = { name: type.category, members: [] }));
    found.members.push(type);
  }
  return groups.filter((g) => g.members.length);
}
