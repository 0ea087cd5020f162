import { useEffect, useState } from "react";

/** The room inside an element, as it is now. */
export function useSize(element) {
  const [size, setSize] = useState({ width: 1000, height: 600 });
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      setSize((old) => (old.width === width && old.height === height ? old : { width, height }));
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return size;
}
