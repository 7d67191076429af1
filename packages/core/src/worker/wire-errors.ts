import { transferHandlers } from 'comlink';
import { SightlineError, type ErrorCode } from '../errors.ts';

/** An error as plain data, its chain of causes with it. */
export interface WireError {
  readonly kind: 'sightline' | 'dom' | 'error';
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Only where there is one: `undefined` can be a cause too. */
  readonly cause?: { readonly error: WireError } | { readonly value: unknown };
}

/** Chains longer than this are cut: whoever made one made a loop. */
const longestChain = 8;

/** The error as data that can be posted, whatever it holds. */
export function toWire(error: Error, depth = 0): WireError {
  const { name, message, stack } = error;
  const common = {
    name,
    message,
    ...(stack === undefined ? {} : { stack }),
    ...(error.cause === undefined || depth >= longestChain ? {} : { cause: causeToWire(error.cause, depth + 1) }),
  };
  // By its looks: a plugin that bundles its own copy of core throws another class of the same name.
  if (name === 'SightlineError' && 'code' in error && typeof error.code === 'string') {
    const details = 'details' in error && isRecord(error.details) ? error.details : {};
    return { kind: 'sightline', ...common, code: error.code, details: plainRecord(details) };
  }
  const isDom = (typeof DOMException === 'function' && error instanceof DOMException) || name === 'AbortError';
  return { kind: isDom ? 'dom' : 'error', ...common };
}

const causeToWire = (cause: unknown, depth: number): NonNullable<WireError['cause']> =>
  cause instanceof Error ? { error: toWire(cause, depth) } : { value: plain(cause) };

/** The error again: a SightlineError, a DOMException or an Error with its name. */
export function fromWire(wire: WireError): Error {
  const error = revive(wire);
  const set = (key: string, value: unknown): void => {
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
  };
  if (wire.stack !== undefined) set('stack', wire.stack);
  if (wire.cause && error.cause === undefined) {
    set('cause', 'error' in wire.cause ? fromWire(wire.cause.error) : wire.cause.value);
  }
  if (wire.kind === 'error') set('name', wire.name);
  return error;
}

function revive(wire: WireError): Error {
  if (wire.kind === 'sightline') return new SightlineError(wire.code as ErrorCode, wire.message, wire.details);
  if (wire.kind === 'dom') return new DOMException(wire.message, wire.name);
  return new Error(wire.message);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const plainRecord = (record: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, plain(value)]));

/** The value if it can be posted, its text otherwise: an error must never be lost because of what it carries. */
function plain(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return String(value);
  }
}

/** What comlink itself posts for a thrown value, and what is added to it. */
interface Thrown {
  readonly isError: boolean;
  readonly value: unknown;
  readonly sightline?: WireError;
}
const marked = new WeakSet<object>();

/**
 * Makes comlink carry whole errors: it keeps only name, message and stack by itself. What goes over the wire stays what
 * comlink's own handler reads and writes, so an app that uses comlink for workers of its own notices nothing.
 */
export function carryWholeErrors(): void {
  const handler = transferHandlers.get('throw');
  if (!handler) throw new SightlineError('runtime', 'comlink has no handler for thrown errors: is it version 4?');
  if (marked.has(handler)) return;
  const whole = {
    canHandle: handler.canHandle.bind(handler) as (value: unknown) => value is { readonly value: unknown },
    serialize({ value }: { readonly value: unknown }): [Thrown, Transferable[]] {
      if (!(value instanceof Error)) return [{ isError: false, value: plain(value) }, []];
      const { name, message, stack } = value;
      return [{ isError: true, value: { name, message, stack }, sightline: toWire(value) }, []];
    },
    deserialize(thrown: Thrown): never {
      if (thrown.sightline) throw fromWire(thrown.sightline);
      if (thrown.isError) throw Object.assign(new Error(), thrown.value);
      throw thrown.value;
    },
  };
  marked.add(whole);
  transferHandlers.set('throw', whole);
}
