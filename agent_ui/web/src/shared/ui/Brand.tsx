export function Brand() {
  return (
    <span class="brand" dir="ltr">
      <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="8" />
        <path d="M8 19.5c3.2 0 3.2-7 6.4-7s3.2 7 6.4 7 3.2-3.5 3.2-3.5" />
        <circle cx="24" cy="12" r="2.4" />
      </svg>
      <span class="brand-name">Promiseline</span>
    </span>
  );
}
