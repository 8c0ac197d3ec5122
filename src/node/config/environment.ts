/** The environment of this process. */
// The one place that reads it: whoever needs a setting gets it from here by way of the schema.
// oxlint-disable-next-line node/no-process-env
export const environment: Readonly<Record<string, string | undefined>> = process.env
