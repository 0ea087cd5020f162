import { IconButton, useSession, useView } from "../ui/parts.jsx";

export function ZoomBar({ isLarge }) {
  const session = useSession();
  const minimap = useView((s) => s.preferences.minimap);
  return (
    <div className="ff-zoombar">
      <IconButton icon="zoom-in" label="Zoom in" keys="+" onClick={() => session.canvas?.zoom(1.25)} />
      <IconButton icon="zoom-out" label="Zoom out" keys="-" onClick={() => session.canvas?.zoom(0.8)} />
      <IconButton icon="maximize" label="Show everything" keys="F" onClick={() => session.canvas?.fit()} />
      {isLarge ? <IconButton icon="map" label="Overview" active={minimap} onClick={() => session.setPreferences({ minimap: !minimap })} /> : null}
    </div>
  );
}
