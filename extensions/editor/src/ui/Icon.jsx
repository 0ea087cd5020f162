import { createElement, memo } from "react";
import { iconShape } from "./icons.js";

/** A line icon by its lucide name; decorative, so it needs a label beside it. */
export const Icon = memo(function Icon({ name, size = 16, className = "" }) {
  return (
    <svg className={`ff-icon ${className}`} width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      {iconShape(name).map(([tag, attributes], index) => createElement(tag, { key: index, ...attributes }))}
    </svg>
  );
});
