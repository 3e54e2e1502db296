/** The protocols of the server, as its settings call them. */
export const PROTOCOLS = ['rest', 'game', 'messenger', 'socketio', 'mcp'] as const;

/** How the audit log calls what the owner does at the command line. */
export const COMMAND_LINE = 'cli';
