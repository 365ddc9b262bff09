const tries = 5;

/**
 * Does `work`, a transaction on many rows, again when Postgres ended it in a deadlock: claims and outcomes lock rows
 * in the order in which they come.
 */
export async function retryDeadlock<T>(work: () => Promise<T>): Promise<T> {
  for (let left = tries; ; left--) {
    try {
      return await work();
    } catch (error) {
      if ((error as { code?: unknown }).code !== '40P01' || left === 0) throw error;
    }
  }
}
