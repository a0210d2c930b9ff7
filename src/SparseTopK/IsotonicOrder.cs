namespace SparseTopK;

/// <summary>Which way the solution of an isotonic regression runs.</summary>
public enum IsotonicOrder
{
    /// <summary>v_1 &gt;= v_2 &gt;= ... &gt;= v_n: the order of the paper's problems.</summary>
    Decreasing,

    /// <summary>v_1 &lt;= v_2 &lt;= ... &lt;= v_n.</summary>
    Increasing,
}
