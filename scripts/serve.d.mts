export interface Served {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}
export function serve(folders: Readonly<Record<string, string>>, port?: number, tries?: number): Promise<Served>;
