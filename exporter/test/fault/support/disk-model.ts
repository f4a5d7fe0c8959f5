import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { readTrace, recordedBytes, type TracedCall } from './disk-trace';

/** What may be lost of a file's content. */
export interface FileNode {
  /** Bytes as the process sees them. */
  size: number;
  /** Bytes that a sync brought to the disk. */
  synced: number;
  /** All bytes, of a small file that was recorded whole. */
  content: Buffer | undefined;
  /** Of a file that is written in place: its content at the last sync, and after each write since. */
  versions: Buffer[] | undefined;
}

/** A change of a directory that may be undone; `replaced` is what a rename put away; `move` renames a directory. */
export type NameChange =
  | { readonly kind: 'create'; readonly path: string; readonly node: FileNode }
  | { readonly kind: 'mkdir' | 'rmdir'; readonly path: string; readonly node?: undefined }
  | { readonly kind: 'move'; readonly from: string; readonly path: string; readonly node?: undefined }
  | { readonly kind: 'unlink'; readonly path: string; readonly node: FileNode }
  | {
      readonly kind: 'rename';
      readonly from: string;
      readonly path: string;
      readonly node: FileNode;
      readonly replaced: FileNode | undefined;
    };

interface OpenFile {
  readonly path: string;
  readonly node: FileNode | undefined;
  position: number;
}

const smallBytes = 64 * 1024;
const versionsKept = 64;

/**
 * What of a data directory has reached the disk, learnt from traces of the process that writes to it. Source of the
 * rules: Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014, reduced to what journalling file systems
 * of Linux (ext4, XFS, btrfs) promise and nothing beyond:
 *
 * - Content is on the disk once fsync or fdatasync of the file was called after the write and has returned 0.
 *   What was written since may be there, or not, or be zeros or garbage, sector by sector.
 * - Names change in the order of the calls within one directory, and are on the disk once that directory was synced.
 *   Syncing a file also brings its own name, and so what its directory saw before that. Nothing holds between
 *   directories.
 *
 * Lives over several processes: what one that was killed had not synced is not synced for the next, either.
 */
export class DiskModel {
  readonly files = new Map<string, FileNode>();
  /** Changes of each directory that a power loss may still undo, oldest first. */
  readonly changes = new Map<string, NameChange[]>();
  private readonly fds = new Map<number, OpenFile>();

  constructor(
    private readonly directory: string,
    /** Files that are no part of the account, and may keep whatever they hold. */
    private readonly ignored: RegExp,
  ) {}

  /** Takes in what one process did, from its start to its end. */
  absorb(trace: string): void {
    this.fds.clear();
    const entered = new Map<number, { call: TracedCall; done: ((result: number) => void) | undefined }>();
    for (const event of readTrace(readFileSync(trace, 'latin1'))) {
      if (event.kind === 'enter') {
        entered.set(event.id, { call: event.call, done: this.enter(event.call) });
        continue;
      }
      if (event.result >= 0) entered.get(event.id)?.done?.(event.result);
      entered.delete(event.id);
    }
    // Cut short by the kill: it may have happened, or a part of it.
    for (const { call } of entered.values()) this.cutShort(call);
  }

  /** After a power loss: what the disk holds now is there for good. */
  startAgain(): void {
    this.changes.clear();
    for (const [file, node] of this.files) {
      node.size = node.synced = statSync(file).size;
      const content = node.size <= smallBytes ? readFileSync(file) : undefined;
      if (node.versions) node.versions = content && [content];
      else node.content = content;
    }
  }

  /** Notes at the call's entry what its return makes true. */
  private enter({ name, args, data }: TracedCall): ((result: number) => void) | undefined {
    const fd = Number(args[0]);
    switch (name) {
      case 'close':
        // At once: its number may be given to another file before the call returns.
        this.fds.delete(fd);
        return undefined;
      case 'creat':
        throw new Error(`not foreseen: ${name}(${args.join(', ')})`);
      case 'open':
        return (result) => this.opened(result, this.inside(args[0]), args[1] ?? '');
      case 'openat':
        return (result) => this.opened(result, this.inside(args[1]), args[2] ?? '');
      case 'write':
        return this.trackedFile(fd) && ((result) => this.wrote(fd, undefined, result, data));
      case 'pwrite64':
        return this.trackedFile(fd) && ((result) => this.wrote(fd, Number(args.at(-1)), result, data));
      case 'writev':
      case 'pwritev':
      case 'pwritev2':
      case 'truncate':
        if (this.trackedFile(fd) || this.inside(args[0])) throw new Error(`not foreseen: ${name}`);
        return undefined;
      case 'ftruncate':
        return this.trackedFile(fd) && (() => this.truncated(fd, Number(args[1])));
      case 'fsync':
      case 'fdatasync':
        return this.syncing(fd);
      case 'rename':
        return () => this.renamed(this.inside(args[0]), this.inside(args[1]));
      case 'renameat':
      case 'renameat2':
        return () => this.renamed(this.inside(args[1]), this.inside(args[3]));
      case 'link':
        return () => this.linked(this.inside(args[0]), this.inside(args[1]));
      case 'linkat':
        return () => this.linked(this.inside(args[1]), this.inside(args[3]));
      case 'unlink':
        return () => this.unlinked(this.inside(args[0]));
      case 'unlinkat':
        if (args[2]?.includes('AT_REMOVEDIR')) return () => this.changed('rmdir', this.inside(args[1]));
        return () => this.unlinked(this.inside(args[1]));
      case 'rmdir':
        return () => this.changed('rmdir', this.inside(args[0]));
      case 'mkdir':
        return () => this.changed('mkdir', this.inside(args[0]));
      case 'mkdirat':
        return () => this.changed('mkdir', this.inside(args[1]));
      default:
        return undefined;
    }
  }

  private inside(file: string | undefined): string | undefined {
    if (file === undefined || !(file === this.directory || file.startsWith(`${this.directory}/`))) return;
    return this.ignored.test(path.basename(file)) ? undefined : file;
  }

  private trackedFile(fd: number): OpenFile | undefined {
    const file = this.fds.get(fd);
    return file?.node && file;
  }

  private opened(fd: number, file: string | undefined, flags: string): void {
    if (file === undefined) {
      this.fds.delete(fd);
      return;
    }
    if (/O_(SYNC|DSYNC|DIRECT)\b/.test(flags)) throw new Error(`not foreseen: open with ${flags}`);
    let node = this.files.get(file);
    if (!node && flags.includes('O_CREAT')) {
      node = { size: 0, synced: 0, content: Buffer.alloc(0), versions: undefined };
      this.files.set(file, node);
      this.note({ kind: 'create', path: file, node });
    } else if (node && flags.includes('O_TRUNC')) {
      // Its old content may come back as little as its new one is there.
      Object.assign(node, { size: 0, synced: 0, content: Buffer.alloc(0), versions: undefined });
    }
    this.fds.set(fd, { path: file, node, position: flags.includes('O_APPEND') ? (node?.size ?? 0) : 0 });
  }

  private wrote(fd: number, at: number | undefined, length: number, data: Buffer | undefined): void {
    const file = this.fds.get(fd)!;
    const node = file.node!;
    const offset = at ?? file.position;
    if (at === undefined) file.position += length;
    const bytes = data && filled(data, length);
    if (offset < node.size || node.versions) {
      this.overwrote(file.path, node, offset, bytes);
    } else if (node.content) {
      const small = bytes && offset === node.content.length && offset + length <= smallBytes;
      node.content = small ? Buffer.concat([node.content, bytes]) : undefined;
    }
    node.size = Math.max(node.size, offset + length);
  }

  private overwrote(file: string, node: FileNode, offset: number, bytes: Buffer | undefined): void {
    const before = node.versions?.at(-1) ?? node.content;
    if (!before || !bytes) {
      // What a failed sync left behind is written once more: nobody was told that it is there.
      if (offset >= node.synced) return;
      throw new Error(`not foreseen: ${file} is written in place at ${offset} of ${node.size}`);
    }
    node.versions ??= [before.subarray(0, node.synced)];
    const after = Buffer.alloc(Math.max(before.length, offset + bytes.length));
    before.copy(after);
    bytes.copy(after, offset);
    if (node.versions.length === 1 && node.synced < before.length) node.versions.push(before);
    node.versions.push(after);
    if (node.versions.length > versionsKept) node.versions.splice(1, 1);
    node.content = undefined;
  }

  private truncated(fd: number, size: number): void {
    // What is cut off does not come back: nobody cuts off what counts.
    const node = this.fds.get(fd)!.node!;
    Object.assign(node, { size, synced: Math.min(node.synced, size), content: undefined });
  }

  private syncing(fd: number): (() => void) | undefined {
    const file = this.fds.get(fd);
    if (!file) return undefined;
    const { node } = file;
    const names = this.changes.get(node ? path.dirname(file.path) : file.path) ?? [];
    if (!node) {
      const count = names.length;
      return () => names.splice(0, count);
    }
    const { size } = node;
    const newest = node.versions?.at(-1);
    const own = names.findLast((change) => change.node === node && change.kind !== 'unlink');
    return () => {
      node.synced = Math.max(node.synced, size);
      if (newest && node.versions) {
        const at = node.versions.indexOf(newest);
        node.versions.splice(0, at < 0 ? 1 : at, ...(at < 0 ? [newest] : []));
      }
      if (own) names.splice(0, names.indexOf(own) + 1);
    };
  }

  private renamed(from: string | undefined, to: string | undefined): void {
    if (from === undefined || to === undefined) return;
    if (path.dirname(from) !== path.dirname(to)) throw new Error(`not foreseen: ${from} moves to ${to}`);
    const node = this.files.get(from);
    if (!node) {
      this.move(from, to);
      this.note({ kind: 'move', from, path: to });
      return;
    }
    this.note({ kind: 'rename', from, path: to, node, replaced: this.files.get(to) });
    this.files.delete(from);
    this.files.set(to, node);
  }

  private unlinked(file: string | undefined): void {
    const node = file === undefined ? undefined : this.files.get(file);
    if (file === undefined || !node) return;
    this.note({ kind: 'unlink', path: file, node });
    this.files.delete(file);
  }

  /** Everything inside a directory has another path from now on. */
  move(from: string, to: string): void {
    const moved = (at: string): string | undefined =>
      at === from || at.startsWith(`${from}/`) ? to + at.slice(from.length) : undefined;
    for (const map of [this.files, this.changes] as Map<string, unknown>[]) {
      for (const [at, value] of [...map]) {
        const there = moved(at);
        if (there === undefined) continue;
        map.delete(at);
        map.set(there, value);
      }
    }
    const inside = this.changes.get(to) ?? [];
    for (const [at, change] of inside.entries()) {
      const there = { path: path.join(to, path.basename(change.path)) };
      inside[at] =
        'from' in change
          ? { ...change, ...there, from: path.join(to, path.basename(change.from)) }
          : { ...change, ...there };
    }
  }

  private linked(from: string | undefined, to: string | undefined): void {
    const node = from === undefined ? undefined : this.files.get(from);
    if (!node || to === undefined) return;
    this.files.set(to, node);
    this.note({ kind: 'create', path: to, node });
  }

  private changed(kind: 'mkdir' | 'rmdir', directory: string | undefined): void {
    if (directory !== undefined) this.note({ kind, path: directory });
  }

  private note(change: NameChange): void {
    const directory = path.dirname(change.path);
    const list = this.changes.get(directory);
    if (list) list.push(change);
    else this.changes.set(directory, [change]);
  }

  private cutShort(call: TracedCall): void {
    const { name, args, data } = call;
    const fd = Number(args[0]);
    if (name === 'pwrite64' && this.trackedFile(fd)) {
      this.wrote(fd, Number(args.at(-1)), Number(args.at(-2)), data);
    } else if (name === 'rename') {
      const [from, to] = [this.inside(args[0]), this.inside(args[1])];
      if (from !== undefined && !existsSync(from)) this.renamed(from, to);
    } else if (name === 'unlink') {
      const file = this.inside(args[0]);
      if (file !== undefined && !existsSync(file)) this.unlinked(file);
    } else if (name === 'openat' && args[2]?.includes('O_CREAT')) {
      const file = this.inside(args[1]);
      if (file !== undefined && existsSync(file)) this.opened(-1, file, args[2]);
    }
  }
}

/** The whole data of a write. Of a longer one the rest is known only when it is all the same, as in filling a file. */
function filled(data: Buffer, length: number): Buffer | undefined {
  if (data.length >= length) return data.subarray(0, length);
  return data.length === recordedBytes && data.every((byte) => byte === data[0])
    ? Buffer.concat([data, Buffer.alloc(length - data.length, data[0])])
    : undefined;
}
