namespace SparseTopK;

/// <summary>How many threads the operators may use.</summary>
public static class TopKParallelism
{
    /// <summary>The most threads that one call uses, the calling thread among them; 1 or more. By default the number of processors.</summary>
    /// <remarks>Results have the same bits whatever it is. Small calls stay on the calling thread. Safe to set at any time;
    /// a call in progress keeps the number that it started with.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public static int MaxDegreeOfParallelism
    {
        get => Volatile.Read(ref field);
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            Volatile.Write(ref field, value);
        }
    } = Environment.ProcessorCount;
}
